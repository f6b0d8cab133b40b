// A SignalR hub under /hub, JSON over WebSocket, written from dotnet/aspnetcore's src/SignalR/docs/specs alone
// (HubProtocol.md, TransportProtocols.md): there is no ASP.NET in a registry. Methods: Echo(text) returns it, Send(text)
// invokes `msg` at every client. What the documents call a protocol error closes the connection, after a Close message
// that says why; so does silence: no handshake in 15 s, nothing in 30 s.
// wsbench starts it: node server.js PORT [SILENCE_MS [HANDSHAKE_MS]]
'use strict'

const { randomUUID } = require('node:crypto')
const { createServer } = require('node:http')
const { WebSocketServer } = require('ws')

const [PORT, SILENCE = 30_000, HANDSHAKE = 15_000] = process.argv.slice(2).map(Number)
const RS = '\u001e'
const FIELDS = { 1: ['type', 'headers', 'invocationId', 'target', 'arguments', 'streamIds'], 6: ['type'], 7: ['type', 'error', 'allowReconnect'] }

const promised = new Map() // connectionToken -> whether it is in use
const ready = new Set() // after their handshake
const write = (socket, message) => socket.send(JSON.stringify(message) + RS)

class ProtocolError extends Error {}

const http = createServer((request, response) => {
  const url = new URL(request.url, 'http://local')
  if (url.pathname !== '/hub/negotiate') return response.writeHead(404).end()
  if (request.method !== 'POST') return response.writeHead(405, { Allow: 'POST' }).end()
  const [connectionToken, connectionId] = [randomUUID(), randomUUID()]
  const negotiateVersion = Math.min(Number(url.searchParams.get('negotiateVersion') ?? 0), 1)
  promised.set(negotiateVersion ? connectionToken : connectionId, false)
  const availableTransports = [{ transport: 'WebSockets', transferFormats: ['Text'] }]
  const answer = { ...(negotiateVersion && { connectionToken }), connectionId, negotiateVersion, availableTransports }
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer))
})

const sockets = new WebSocketServer({ noServer: true })
http.on('upgrade', (request, tcp, head) => {
  const url = new URL(request.url, 'http://local')
  const id = url.searchParams.get('id')
  const refused = url.pathname !== '/hub' || (id !== null && !promised.has(id)) ? '404 Not Found' : id !== null && promised.get(id) ? '409 Conflict' : undefined
  if (refused) return tcp.end(`HTTP/1.1 ${refused}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`)
  if (id !== null) promised.set(id, true)
  sockets.handleUpgrade(request, tcp, head, (socket) => serve(socket, () => promised.delete(id)))
})

function serve(socket, forget) {
  let seen = performance.now()
  let shaken = false
  const invocations = new Set()
  const end = (why) => {
    if (socket.readyState !== socket.OPEN) return
    write(socket, shaken ? { type: 7, error: `Connection closed with an error. ${why}` } : { error: why })
    socket.close(1011)
  }
  const watch = setInterval(() => {
    const silent = performance.now() - seen
    if (!shaken && silent > HANDSHAKE) end('Handshake was canceled.')
    else if (silent > SILENCE) end(`Client hasn't sent a message/ping within the configured ClientTimeoutInterval.`)
  }, Math.min(SILENCE, HANDSHAKE) / 5)
  const pings = setInterval(() => shaken && write(socket, { type: 6 }), SILENCE / 2)

  socket.on('message', (data, binary) => {
    try {
      if (binary) throw new ProtocolError('JSON is sent as text.')
      const text = data.toString()
      if (!text.endsWith(RS)) throw new ProtocolError('Message is incomplete.')
      for (const message of text.slice(0, -1).split(RS)) {
        if (shaken) take(socket, parse(message), invocations)
        else shaken = shake(socket, parse(message))
      }
      seen = performance.now()
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      end(error.message)
    }
  })
  socket.on('error', () => socket.terminate())
  socket.on('close', () => {
    clearInterval(watch)
    clearInterval(pings)
    ready.delete(socket)
    forget()
  })
}

function parse(text) {
  let message
  try { message = JSON.parse(text) } catch { throw new ProtocolError('Invalid JSON.') }
  if (message === null || typeof message !== 'object' || Array.isArray(message)) throw new ProtocolError('Expected an object.')
  return message
}

function shake(socket, { protocol, version }) {
  if (protocol === undefined) throw new ProtocolError('Expected a handshake request.')
  if (protocol !== 'json') throw new ProtocolError(`Requested protocol '${protocol}' is not available.`)
  if (version !== 1) throw new ProtocolError(`The server does not support version ${version} of the 'json' protocol.`)
  socket.send(`{}${RS}`)
  ready.add(socket)
  return true
}

function take(socket, message, invocations) {
  const fields = FIELDS[message.type]
  if (!fields) throw new ProtocolError(`Unexpected message of type ${message.type}.`)
  const strange = Object.keys(message).find((field) => !fields.includes(field))
  if (strange) throw new ProtocolError(`Unrecognised field '${strange}'.`)
  if (message.type === 7) return socket.close(1000)
  if (message.type === 1) invoke(socket, message, invocations)
}

function invoke(socket, { invocationId, target, arguments: given }, invocations) {
  if (typeof target !== 'string' || !Array.isArray(given)) throw new ProtocolError("An invocation needs 'target' and 'arguments'.")
  if (invocationId !== undefined) {
    if (typeof invocationId !== 'string') throw new ProtocolError("'invocationId' is a string.")
    if (invocations.has(invocationId)) throw new ProtocolError(`Invocation ID '${invocationId}' was used before.`)
    invocations.add(invocationId)
  }
  const complete = (outcome) => invocationId !== undefined && write(socket, { type: 3, invocationId, ...outcome })
  const good = given.length === 1 && typeof given[0] === 'string'
  if (!['Echo', 'Send'].includes(target)) return complete({ error: `Unknown hub method '${target}'` })
  if (!good) return complete({ error: `Failed to invoke '${target}' due to an error on the server.` })
  if (target === 'Echo') return complete({ result: given[0] })
  const all = JSON.stringify({ type: 1, target: 'msg', arguments: given }) + RS
  for (const other of ready) other.send(all)
  // A method that returns nothing.
  complete({})
}

http.listen({ port: PORT, host: '127.0.0.1', backlog: 1024 })
