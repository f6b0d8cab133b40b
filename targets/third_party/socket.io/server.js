// The article's server on Socket.IO: emits `news` to whoever connects and takes `my other event`; and an `echo`, answered
// by an acknowledgement where the client asks for one, else by the same event. In `/members` it does the same for members
// alone. Clients of Socket.IO 2 are served, too, and WebSockets are compressed for those who ask for it (RFC 7692).
// wsbench starts it: node server.js PORT [FOLDER], over TLS with key.pem and certificate.pem of that folder
'use strict'

const { readFileSync } = require('node:fs')
const { createServer } = require('node:http')
const https = require('node:https')
const { join } = require('node:path')
const { Server } = require('socket.io')

const [port, folder] = process.argv.slice(2)
const pem = (name) => readFileSync(join(folder, `${name}.pem`))
const http = folder ? https.createServer({ key: pem('key'), cert: pem('certificate') }) : createServer()
const io = new Server(http, { serveClient: false, allowEIO3: true, perMessageDeflate: true })

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

http.listen(Number(port), '127.0.0.1')
