// The article's server on `ws`: says `started` to whoever connects, then sends every message back to its sender. It
// compresses for those who ask for it (RFC 7692), as ws does by itself: where it keeps no context, from 1,024 bytes on.
// wsbench starts it: node server.js PORT [FOLDER], over TLS with key.pem and certificate.pem of that folder
'use strict'

const { readFileSync } = require('node:fs')
const { createServer } = require('node:https')
const { join } = require('node:path')
const { WebSocketServer } = require('ws')

const [port, folder] = process.argv.slice(2)
const at = { host: '127.0.0.1', port: Number(port) }
const pem = (name) => readFileSync(join(folder, `${name}.pem`))
const how = folder ? { server: createServer({ key: pem('key'), cert: pem('certificate') }).listen(at) } : at
const server = new WebSocketServer({ ...how, perMessageDeflate: true })

server.on('connection', (socket) => {
  socket.on('message', (message, isBinary) => socket.send(message, { binary: isBinary }))
  // A client that vanishes is its own affair; without a listener it would end the server.
  socket.on('error', () => {})
  socket.send('started')
})
