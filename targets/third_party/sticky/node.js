// One node of two: Socket.IO under /socket.io/ and SockJS under /echo, which know their own sessions and no other's. Both
// echo. It is told its number, and says its port.
// sticky.js starts it: node node.js NUMBER
'use strict'

const { createServer } = require('node:http')
const { Server } = require('socket.io')
const sockjs = require('sockjs')

const number = process.argv[2]
// What Socket.IO does not answer is SockJS's.
const http = createServer()
const io = new Server(http, { serveClient: false })
io.on('connection', (socket) => {
  socket.emit('node', number)
  socket.on('echo', (message, acknowledge) => {
    if (typeof acknowledge === 'function') acknowledge(message)
    else socket.emit('echo', message)
  })
})

const echo = sockjs.createServer({ prefix: '/echo', jsessionid: true, log: () => {} })
echo.on('connection', (connection) => connection.on('data', (message) => connection.write(message)))
echo.installHandlers(http)

http.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, () => process.send(http.address().port))
process.on('disconnect', () => process.exit())
