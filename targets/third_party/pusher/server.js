// Pusher Channels, protocol 7, app `app` with key `key` and secret `secret`, written from "Pusher Channels Protocol" and
// "HTTP API reference" alone: soketi wants a build of uWebSockets.js that no registry has for Debian 12. Public and private
// channels, client events (on private ones, to everybody but the sender), events by signed POST, and what the application
// would have beside it: POST /pusher/auth. A silent client is pinged, and closed with 4201 if it stays silent.
// wsbench starts it: node server.js PORT [ACTIVITY_S [PONG_S]]
'use strict'

const { createHash, createHmac } = require('node:crypto')
const { createServer } = require('node:http')
const { WebSocketServer } = require('ws')

const [PORT, ACTIVITY = 120, PONG = 30] = process.argv.slice(2).map(Number)
const [APP, KEY, SECRET] = ['app', 'key', 'secret']
const channels = new Map() // channel -> Set of sockets
let sockets = 0

const hmac = (text) => createHmac('sha256', SECRET).update(text).digest('hex')
const event = (name, data, channel) => JSON.stringify({ event: name, ...(channel && { channel }), data: typeof data === 'string' ? data : JSON.stringify(data) })
const error = (socket, code, message) => socket.send(JSON.stringify({ event: 'pusher:error', data: { code, message } }))

function end(socket, code, message) {
  error(socket, code, message)
  socket.close(code, message)
}

function serve(socket, request) {
  const url = new URL(request.url, 'http://local')
  const protocol = url.searchParams.get('protocol')
  if (url.pathname !== `/app/${KEY}`) return end(socket, 4001, `App key ${url.pathname.slice(5)} not in this cluster`)
  if (protocol === null) return end(socket, 4008, 'No protocol version supplied')
  if (!['5', '6', '7'].includes(protocol)) return end(socket, 4007, 'Unsupported protocol version')
  Object.assign(socket, { id: `${PORT}.${++sockets}`, channels: new Set(), seen: performance.now(), pinged: false })
  socket.send(event('pusher:connection_established', { socket_id: socket.id, activity_timeout: ACTIVITY }))
  const watch = setInterval(() => {
    const silent = (performance.now() - socket.seen) / 1000
    if (silent > ACTIVITY + PONG) end(socket, 4201, 'Pong reply not received')
    else if (silent > ACTIVITY && !socket.pinged) {
      socket.pinged = true
      socket.send(event('pusher:ping', {}))
    }
  }, Math.min(ACTIVITY, PONG) * 100)
  socket.on('message', (data, binary) => {
    Object.assign(socket, { seen: performance.now(), pinged: false })
    take(socket, binary ? undefined : parse(data.toString()))
  })
  socket.on('error', () => socket.terminate())
  socket.on('close', () => {
    clearInterval(watch)
    for (const channel of socket.channels) leave(socket, channel)
  })
}

function parse(text) {
  try { return JSON.parse(text) } catch { return undefined }
}

function take(socket, message) {
  if (typeof message?.event !== 'string') return error(socket, null, 'Invalid event')
  const { event: name, channel, data } = message
  if (name === 'pusher:ping') return socket.send(event('pusher:pong', {}))
  if (name === 'pusher:pong') return
  if (name === 'pusher:subscribe') return subscribe(socket, data ?? {})
  if (name === 'pusher:unsubscribe') return socket.channels.has(data?.channel) && leave(socket, data.channel)
  if (!name.startsWith('client-')) return error(socket, null, `Unknown event ${name}`)
  if (!/^(private|presence)-/.test(channel)) return error(socket, 4301, 'Client events are for private and presence channels')
  if (!socket.channels.has(channel)) return error(socket, 4301, `Not subscribed to ${channel}`)
  const text = JSON.stringify({ event: name, channel, data })
  for (const other of channels.get(channel)) if (other !== socket) other.send(text)
}

function subscribe(socket, { channel, auth }) {
  if (!/^[A-Za-z0-9_\-=@,.;]{1,164}$/.test(channel ?? '')) return error(socket, 4009, `Invalid channel name ${channel}`)
  if (channel.startsWith('private-') && auth !== `${KEY}:${hmac(`${socket.id}:${channel}`)}`) return error(socket, 4009, `Invalid signature for ${channel}`)
  if (socket.channels.has(channel)) return error(socket, null, `Existing subscription to channel ${channel}`)
  socket.channels.add(channel)
  if (!channels.has(channel)) channels.set(channel, new Set())
  channels.get(channel).add(socket)
  socket.send(event('pusher_internal:subscription_succeeded', {}, channel))
}

function leave(socket, channel) {
  socket.channels.delete(channel)
  channels.get(channel).delete(socket)
  if (channels.get(channel).size === 0) channels.delete(channel)
}

// The application's answer to whoever may subscribe: here, everybody.
function authorise(body) {
  const form = new URLSearchParams(body)
  return { auth: `${KEY}:${hmac(`${form.get('socket_id')}:${form.get('channel_name')}`)}` }
}

function publish(url, body) {
  const { auth_signature: given, ...signed } = Object.fromEntries(url.searchParams)
  const query = Object.keys(signed).sort().map((key) => `${key}=${signed[key]}`).join('&')
  const fresh = Math.abs(Date.now() / 1000 - signed.auth_timestamp) < 600
  const whole = signed.body_md5 === createHash('md5').update(body).digest('hex')
  if (!fresh || !whole || given !== hmac(`POST\n${url.pathname}\n${query}`)) return 401
  const { name, data, channel, channels: several = [channel], socket_id: but } = JSON.parse(body)
  for (const each of several) for (const socket of channels.get(each) ?? []) if (socket.id !== but) socket.send(event(name, data, each))
  return 200
}

async function answer(request, response) {
  const url = new URL(request.url, 'http://local')
  let body = ''
  for await (const piece of request) body += piece
  const [status, told] = request.method !== 'POST' ? [405, {}]
    : url.pathname === '/pusher/auth' ? [200, authorise(body)]
    : url.pathname === `/apps/${APP}/events` ? [publish(url, body), {}] : [404, {}]
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(told))
}

// A client that hangs up in the middle of its request is no error of ours.
const http = createServer((request, response) => answer(request, response).catch(() => response.destroy()))
new WebSocketServer({ server: http }).on('connection', serve)
http.listen({ port: PORT, host: '127.0.0.1', backlog: 1024 })
