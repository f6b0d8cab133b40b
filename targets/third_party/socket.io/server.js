// The article's server on Socket.IO: emits `news` to whoever connects and takes `my other event`; and an `echo`, answered
// by an acknowledgement where the client asks for one, else by the same event. In `/members` it does the same for members
// alone. Clients of Socket.IO 2 are served, too.
// wsbench starts it: node server.js PORT
'use strict'

const { createServer } = require('node:http')
const { Server } = require('socket.io')

const http = createServer()
const io = new Server(http, { serveClient: false, allowEIO3: true })

function serve(socket) {
  socket.emit('news', { hello: 'world' })
  // The article logs it; a log would be measured too.
  socket.on('my other event', () => {})
  socket.on('echo', (message, acknowledge) => {
    if (typeof acknowledge === 'function') acknowledge(message)
    else socket.emit('echo', message)
  })
}

io.on('connection', serve)
io.of('/members').on('connection', serve).use(({ handshake }, next) => {
  // Socket.IO 2 has no `auth`; there it is the URL's query.
  const token = handshake.auth.token ?? handshake.query.token
  next(token === 'sesame' ? undefined : new Error('not a member'))
})

http.listen(Number(process.argv[2]), '127.0.0.1')
