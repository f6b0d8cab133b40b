// Phoenix channels under /socket/websocket?vsn=2.0.0, written from "Writing a Channels Client" and the guide's RoomChannel
// alone: there is no Phoenix in a registry. In any room:*, `new_msg` is broadcast to all members, the sender included, and
// answered by an empty reply; `echo` is answered by what came. A socket that says nothing for 60 s is closed.
// wsbench starts it: node server.js PORT [SILENCE_MS]
'use strict'

const { createServer } = require('node:http')
const { WebSocketServer } = require('ws')

const [PORT, SILENCE = 60_000] = process.argv.slice(2).map(Number)
const rooms = new Map() // topic -> Set of sockets

const http = createServer((_, response) => response.writeHead(404).end())
const sockets = new WebSocketServer({ noServer: true })
http.on('upgrade', (request, tcp, head) => {
  const url = new URL(request.url, 'http://local')
  const refused = url.pathname !== '/socket/websocket' ? '404 Not Found' : url.searchParams.get('vsn') !== '2.0.0' ? '403 Forbidden' : undefined
  if (refused) return tcp.end(`HTTP/1.1 ${refused}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`)
  sockets.handleUpgrade(request, tcp, head, serve)
})

function serve(socket) {
  const joined = new Map() // topic -> join_ref
  let seen = performance.now()
  const watch = setInterval(() => performance.now() - seen > SILENCE && socket.close(1000), SILENCE / 20)
  socket.on('message', (data, binary) => {
    seen = performance.now()
    const message = binary ? undefined : parse(data.toString())
    // The serializer raises, and the socket's process with it.
    if (message) take(socket, joined, message)
    else socket.close(1011)
  })
  socket.on('error', () => socket.terminate())
  socket.on('close', () => {
    clearInterval(watch)
    for (const topic of joined.keys()) leave(socket, joined, topic)
  })
}

// [join_ref, ref, topic, event, payload]
function parse(text) {
  let message
  try { message = JSON.parse(text) } catch { return undefined }
  const ref = (value) => value === null || typeof value === 'string'
  const good = Array.isArray(message) && message.length === 5 && ref(message[0]) && ref(message[1])
  return good && typeof message[2] === 'string' && typeof message[3] === 'string' ? message : undefined
}

function take(socket, joined, [joinRef, ref, topic, event, payload]) {
  const reply = (status, response) => socket.send(JSON.stringify([joinRef, ref, topic, 'phx_reply', { status, response }]))
  if (topic === 'phoenix') return event === 'heartbeat' ? reply('ok', {}) : reply('error', { reason: 'unmatched topic' })
  if (event === 'phx_join') {
    if (!topic.startsWith('room:')) return reply('error', { reason: 'unmatched topic' })
    if (joined.has(topic)) close(socket, joined, topic)
    joined.set(topic, joinRef)
    if (!rooms.has(topic)) rooms.set(topic, new Set())
    rooms.get(topic).add(socket)
    return reply('ok', {})
  }
  if (joined.get(topic) !== joinRef || !joined.has(topic)) return reply('error', { reason: 'unmatched topic' })
  if (event === 'phx_leave') {
    reply('ok', {})
    return close(socket, joined, topic)
  }
  if (event === 'echo') return reply('ok', payload)
  if (event === 'new_msg') {
    const text = JSON.stringify([null, null, topic, 'new_msg', payload])
    for (const member of rooms.get(topic)) member.send(text)
    return reply('ok', {})
  }
  // No handle_in of the channel matches: it crashes, and its client is told.
  socket.send(JSON.stringify([joinRef, joinRef, topic, 'phx_error', {}]))
  leave(socket, joined, topic)
}

function close(socket, joined, topic) {
  const joinRef = joined.get(topic)
  socket.send(JSON.stringify([joinRef, joinRef, topic, 'phx_close', {}]))
  leave(socket, joined, topic)
}

function leave(socket, joined, topic) {
  joined.delete(topic)
  rooms.get(topic).delete(socket)
  if (rooms.get(topic).size === 0) rooms.delete(topic)
}

http.listen({ port: PORT, host: '127.0.0.1', backlog: 1024 })
