// A server of HTTP/2 on Node's own `http2`, and of nothing else. What is posted is news for all:
//
//   GET /poll      the newest of it            POST /poll: news, 204
//   GET /events    Server-Sent Events          POST /events: news, 204
//   CONNECT /ws    a WebSocket over HTTP/2 (RFC 8441), by ws: says every message back
//
// wsbench starts it: node server.js PORT [FOLDER], over TLS with key.pem and certificate.pem of that folder
'use strict'

const { readFileSync } = require('node:fs')
const http2 = require('node:http2')
const { join } = require('node:path')
const { WebSocket } = require('ws')

const [port, folder] = process.argv.slice(2)
const listening = new Set()
let newest = ''

const pem = (name) => readFileSync(join(folder, `${name}.pem`))
const settings = { enableConnectProtocol: true }
const server = folder
  ? http2.createSecureServer({ settings, key: pem('key'), cert: pem('certificate') })
  : http2.createServer({ settings })

function publish(text) {
  newest = text
  for (const response of listening) response.write(`data: ${text}\n\n`)
}

function listen(response) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  response.write(': listening\n\n')
  listening.add(response)
  response.on('close', () => listening.delete(response))
}

server.on('request', (request, response) => {
  // A stream that is reset is its client's affair.
  response.stream.on('error', () => {})
  if (request.method === 'POST') {
    let text = ''
    request.setEncoding('utf8').on('data', (piece) => { text += piece })
    request.on('end', () => { publish(text); response.writeHead(204).end() })
  } else if (request.url === '/events') listen(response)
  else response.writeHead(200, { 'content-type': 'text/plain' }).end(newest)
})

// An extended CONNECT: the stream is what a socket is elsewhere.
server.on('connect', ({ headers, stream }) => {
  stream.on('error', () => {})
  if (headers[':protocol'] !== 'websocket') return stream.respond({ ':status': 501 }, { endStream: true })
  stream.respond({ ':status': 200 })
  const socket = new WebSocket(null, undefined, { autoPong: true, closeTimeout: 5_000 })
  socket.setSocket(stream, Buffer.alloc(0), { allowSynchronousEvents: true, maxPayload: 2 ** 20, skipUTF8Validation: false })
  socket.on('message', (message, isBinary) => socket.send(message, { binary: isBinary }))
  socket.on('error', () => {})
})

server.on('sessionError', () => {})
server.listen({ port: Number(port), host: '127.0.0.1', backlog: 1024 })
