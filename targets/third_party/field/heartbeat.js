// An echo on `ws` with the heartbeat of its README, every second instead of every 30: a client that has not answered one
// ping by the next is cut off. It uses the `ws` installed in ../ws.
// usage: node heartbeat.js PORT
'use strict'

const { WebSocketServer } = require('../ws/node_modules/ws')

const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.argv[2]) })

server.on('connection', (socket) => {
  socket.isAlive = true
  socket.on('pong', () => { socket.isAlive = true })
  socket.on('message', (message, isBinary) => socket.send(message, { binary: isBinary }))
  socket.on('error', () => {})
})

setInterval(() => {
  for (const socket of server.clients) {
    if (!socket.isAlive) { socket.terminate(); continue }
    socket.isAlive = false
    socket.ping()
  }
}, 1000)
