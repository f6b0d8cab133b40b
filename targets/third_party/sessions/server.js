// A server as applications have it, by four transports on one port: every client has a token of its own, subscribes
// before any news comes, and is cut off when its heartbeat stays away. Tokens are `t<N>`, as in users.csv; each is good for
// one client at a time.
//
//   POST /login        {"token":"t7"} -> {"session":".."} and the cookie `session`; 401 "token expired"
//   WebSocket /ws      by the cookie, by ?token=t7, or by a first message {"type":"auth","token":"t7"} -> {"type":"ready"}
//   GET /events        by the cookie: Server-Sent Events        POST /events: a message, 204
//   GET /poll          by the cookie: held for 20 s, JSON a line    POST /poll: a message, 204
//   Socket.IO          by the cookie or auth {token}; messages are the event `message`
//   POST /publish      the body goes to all that are subscribed, as {"type":"news","body":".."}
//
// Messages: {"type":"subscribe"} -> {"type":"subscribed"}; {"type":"heartbeat"} -> {"type":"alive"}; and once subscribed
// {"type":"echo","body":".."} -> the same; {"type":"publish","body":".."}: news to all.
//
// wsbench starts it: node server.js PORT [SILENCE_MS]
'use strict'

const { randomUUID } = require('node:crypto')
const { createServer } = require('node:http')
const { Server } = require('socket.io')
const { WebSocketServer } = require('ws')

const [PORT, SILENCE = 15_000] = process.argv.slice(2).map(Number)
const AUTHENTICATION = 3_000
const HOLD = 20_000

const EXPIRED = [4401, 'token expired']
const sessions = new Map() // cookie -> Session
const inUse = new Set() // tokens
const subscribed = new Set() // clients

// Why the token is refused, or nothing.
function refusal(token) {
  if (!/^t\d+$/.test(token ?? '')) return EXPIRED
  return inUse.has(token) ? [4403, 'token in use'] : undefined
}

const publish = (body) => { for (const client of subscribed) client.say({ type: 'news', body }) }
const cookie = (headers) => /(?:^|;\s*)session=([^;]*)/.exec(headers.cookie ?? '')?.[1]

// A client from its token to its end, whatever carries it; the carrier gives it `say` and `end`.
class Client {
  constructor(token) {
    this.token = token
    inUse.add(token)
    this.heartbeat()
    this.watch = setInterval(() => performance.now() - this.seen > SILENCE && this.end(4408, 'heartbeat missing'), SILENCE / 5)
  }
  heartbeat() { this.seen = performance.now() }
  hear(message) {
    this.heartbeat()
    const { type, body } = message ?? {}
    if (type === 'subscribe') { subscribed.add(this); return this.say({ type: 'subscribed' }) }
    if (type === 'heartbeat') return this.say({ type: 'alive' })
    if (!['echo', 'publish'].includes(type)) return this.end(4400, 'unknown type')
    if (!subscribed.has(this)) return this.end(4409, 'subscribe first')
    if (type === 'echo') this.say({ type, body })
    else publish(body)
  }
  gone() {
    clearInterval(this.watch)
    inUse.delete(this.token)
    subscribed.delete(this)
  }
}

// Who has logged in: heard by requests, and answered by an event stream or by polls, or taken over by a socket.
class Session extends Client {
  constructor(token) {
    super(token)
    this.waiting = []
    this.cookie = randomUUID()
    sessions.set(this.cookie, this)
  }
  say(message) {
    const text = JSON.stringify(message)
    if (this.stream) return this.stream.write(`data: ${text}\n\n`)
    this.waiting.push(text)
    this.answer()
  }
  // A poll is a sign of life; an open stream is none.
  hold(response) {
    this.release()
    this.poll = response
    this.timer = setTimeout(() => this.release(), HOLD)
    this.beats = setInterval(() => this.heartbeat(), SILENCE / 3)
    response.on('close', () => this.poll === response && this.forget())
    this.answer()
  }
  answer() { if (this.waiting.length) this.release() }
  release() {
    this.heartbeat()
    if (!this.poll) return
    const [response, lines] = [this.poll, this.waiting.splice(0)]
    this.forget()
    response.writeHead(200, { 'Content-Type': 'application/x-ndjson' }).end(lines.map((line) => line + '\n').join(''))
  }
  forget() {
    clearTimeout(this.timer)
    clearInterval(this.beats)
    this.poll = undefined
  }
  listen(response) {
    this.stream?.end()
    this.stream = response
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
    response.write([': listening', ...this.waiting.splice(0).map((text) => `data: ${text}`), ''].join('\n\n'))
    response.on('close', () => this.stream === response && this.end())
  }
  end() {
    this.forget()
    this.stream?.end()
    sessions.delete(this.cookie)
    this.gone()
  }
}

// The token of whoever comes by a socket with the cookie of a login, which ends with that.
function tokenOf(headers) {
  const session = sessions.get(cookie(headers))
  session?.end()
  return session?.token
}

const plain = (response, status, text = '') => response.writeHead(status, { 'Content-Type': 'text/plain' }).end(text)
const parsed = (text) => { try { return JSON.parse(text) } catch { return undefined } }

function login(response, body) {
  const token = parsed(body)?.token
  const refused = refusal(token)
  if (refused) return plain(response, refused === EXPIRED ? 401 : 403, `${refused[1]}\n`)
  const session = new Session(token)
  const headers = { 'Content-Type': 'application/json', 'Set-Cookie': `session=${session.cookie}; Path=/; HttpOnly` }
  response.writeHead(200, headers).end(JSON.stringify({ session: session.cookie }))
}

async function serve(request, response) {
  let body = ''
  for await (const piece of request) body += piece
  const [path, by] = [request.url.split('?')[0], request.method]
  if (by === 'POST' && path === '/login') return login(response, body)
  if (by === 'POST' && path === '/publish') { publish(body); return response.writeHead(204).end() }
  if (!['/events', '/poll'].includes(path)) return plain(response, 404)
  const session = sessions.get(cookie(request.headers))
  if (!session) return plain(response, 401, 'token expired\n')
  if (by === 'POST') { response.writeHead(204).end(); return session.hear(parsed(body)) }
  return path === '/events' ? session.listen(response) : session.hold(response)
}

// A client that hangs up in the middle of its request is no error of ours.
const http = createServer((request, response) => serve(request, response).catch(() => response.destroy()))

const sockets = new WebSocketServer({ noServer: true })
http.on('upgrade', (request, tcp, head) => {
  const url = new URL(request.url, 'http://local')
  if (url.pathname === '/ws') sockets.handleUpgrade(request, tcp, head, (socket) => overWebSocket(socket, request, url.searchParams.get('token')))
  else if (url.pathname !== '/socket.io/') tcp.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
})

function overWebSocket(socket, { headers }, inUrl) {
  let client
  const authenticate = (token) => {
    const refused = refusal(token)
    if (refused) return socket.close(...refused)
    clearTimeout(late)
    client = new Client(token)
    client.say = (message) => socket.send(JSON.stringify(message))
    client.end = (...why) => socket.close(...why)
    client.say({ type: 'ready' })
  }
  const late = setTimeout(() => socket.close(4408, 'authentication missing'), AUTHENTICATION)
  socket.on('message', (data) => {
    const message = parsed(data)
    if (client) client.hear(message)
    else if (message?.type === 'auth') authenticate(message.token)
    else socket.close(4401, 'authenticate first')
  })
  socket.on('error', () => socket.terminate())
  socket.on('close', () => { clearTimeout(late); client?.gone() })
  if (inUrl !== null || cookie(headers)) authenticate(inUrl ?? tokenOf(headers))
}

const io = new Server(http, { serveClient: false, allowEIO3: true, destroyUpgrade: false })
io.use((socket, next) => {
  const { auth, headers, query } = socket.handshake
  socket.data.token = auth.token ?? query.token ?? tokenOf(headers)
  const refused = refusal(socket.data.token)
  next(refused && new Error(refused[1]))
})
io.on('connection', (socket) => {
  const client = new Client(socket.data.token)
  client.say = (message) => socket.emit('message', message)
  client.end = () => socket.disconnect(true)
  socket.on('message', (message) => client.hear(typeof message === 'string' ? parsed(message) : message))
  socket.on('disconnect', () => client.gone())
  client.say({ type: 'ready' })
})

// Longer than any client is silent, as behind a balancer: node closes after 5 s by default.
http.keepAliveTimeout = 65_000
http.listen({ port: PORT, host: '127.0.0.1', backlog: 4096 })
