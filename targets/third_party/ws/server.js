// The article's server on `ws`: says `started` to whoever connects, then sends every message back to its sender.
// wsbench starts it: node server.js PORT
'use strict'

const { WebSocketServer } = require('ws')

const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.argv[2]) })

server.on('connection', (socket) => {
  socket.on('message', (message, isBinary) => socket.send(message, { binary: isBinary }))
  // A client that vanishes is its own affair; without a listener it would end the server.
  socket.on('error', () => {})
  socket.send('started')
})
