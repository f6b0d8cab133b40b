// A server as applications have it, by four transports on one port: every client has a token of its own, subscribes
// before anything comes, and is cut off when its heartbeat stays away. Tokens are `t<N>`, as in users.csv; each is good for
// one client at a time. What is posted to /publish, or published by a client, reaches all that are subscribed.
//
//   POST /login                 {"token":"t7"} -> {"session":".."} and the cookie `session`; 401 "token expired"
//   POST /subscribe             with the cookie -> 204
//   GET  /events                with the cookie, subscribed: Server-Sent Events
//   GET  /poll                  with the cookie, subscribed: held for 20 s; messages are lines; each poll is a heartbeat
//   POST /echo                  with the cookie -> 204, and the body comes by /events or /poll
//   POST /publish               the body to all
//   WebSocket /ws               {"type":"auth","token":".."} -> ready; {"type":"subscribe"} -> subscribed; heartbeat, echo, publish
//   Socket.IO /socket.io/       auth {token}; events subscribe, heartbeat, echo (answered), publish; `news` is what comes
//
// wsbench starts it: node server.js PORT [SILENCE_MS]
'use strict'

const { createServer } = require('node:http')
const { randomUUID } = require('node:crypto')
const { Server } = require('socket.io')
const { WebSocketServer } = require('ws')

const [PORT, SILENCE = 15_000] = process.argv.slice(2).map(Number)
const AUTHENTICATION = 3_000
const HOLD = 20_000

const sessions = new Map() // cookie -> Session
const inUse = new Set() // tokens
const subscribed = new Set() // whoever has `deliver`

// Why the token is refused, or nothing.
const refusal = (token) => (!/^t\d+$/.test(token ?? '') ? [4401, 'token expired'] : inUse.has(token) ? [4403, 'token in use'] : undefined)
const publish = (body) => { for (const one of subscribed) one.deliver(body) }

// A client from its token to its end: told once to end when it has been silent for too long.
class Client {
  constructor(token, deliver, end) {
    Object.assign(this, { token, deliver, seen: performance.now() })
    inUse.add(token)
    this.watch = setInterval(() => performance.now() - this.seen > SILENCE && end(4408, 'heartbeat missing'), SILENCE / 5)
  }
  heartbeat() { this.seen = performance.now() }
  subscribe() { subscribed.add(this) }
  get isSubscribed() { return subscribed.has(this) }
  gone() {
    clearInterval(this.watch)
    inUse.delete(this.token)
    subscribed.delete(this)
  }
}

// What one logged in by HTTP has: an event stream or a poll, and what waits for it.
class Session extends Client {
  constructor(cookie, token) {
    super(token, (body) => this.take(body), () => this.end())
    Object.assign(this, { cookie, waiting: [] })
  }
  take(body) {
    if (this.stream) this.stream.write(event(body))
    else this.waiting.push(body), this.poll && this.answer()
  }
  hold(response) {
    this.heartbeat()
    this.answer()
    this.poll = response
    this.timer = setTimeout(() => this.answer(), HOLD)
    // While it is held, nobody can say more.
    this.beat = setInterval(() => this.heartbeat(), SILENCE / 3)
    response.on('close', () => { if (this.poll === response) this.let() })
    if (this.waiting.length) this.answer()
  }
  let() {
    clearTimeout(this.timer)
    clearInterval(this.beat)
    this.poll = undefined
  }
  answer() {
    if (!this.poll) return
    this.heartbeat()
    const [response, lines] = [this.poll, this.waiting.splice(0).map((body) => body + '\n')]
    this.let()
    response.writeHead(200, { 'Content-Type': 'text/plain' }).end(lines.join(''))
  }
  listen(response) {
    this.stream?.end()
    this.stream = response
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
    response.write(': listening\n\n' + this.waiting.splice(0).map(event).join(''))
    this.beat = setInterval(() => this.heartbeat(), SILENCE / 3)
    response.on('close', () => { if (this.stream === response) this.end() })
  }
  end() {
    this.let()
    this.stream?.end()
    sessions.delete(this.cookie)
    this.gone()
  }
}

const event = (body) => body.split('\n').map((line) => `data: ${line}\n`).join('') + '\n'
const plain = (response, status, text = '') => response.writeHead(status, { 'Content-Type': 'text/plain' }).end(text)

function login(response, body) {
  let token
  try { ({ token } = JSON.parse(body)) } catch { return plain(response, 400, 'expected {"token":".."}\n') }
  const refused = refusal(token)
  if (refused) return plain(response, refused[0] === 4401 ? 401 : 403, `${refused[1]}\n`)
  const cookie = randomUUID()
  sessions.set(cookie, new Session(cookie, token))
  const headers = { 'Content-Type': 'application/json', 'Set-Cookie': `session=${cookie}; Path=/; HttpOnly` }
  response.writeHead(200, headers).end(JSON.stringify({ session: cookie }))
}

async function serve(request, response) {
  let body = ''
  for await (const piece of request) body += piece
  const what = `${request.method} ${request.url.split('?')[0]}`
  if (what === 'POST /login') return login(response, body)
  if (what === 'POST /publish') { publish(body); return response.writeHead(204).end() }
  const session = sessions.get(/(?:^|;\s*)session=([^;]*)/.exec(request.headers.cookie ?? '')?.[1])
  if (!session) return plain(response, 401, 'log in first\n')
  if (what === 'POST /subscribe') { session.heartbeat(); session.subscribe(); return response.writeHead(204).end() }
  if (!session.isSubscribed) return plain(response, 409, 'subscribe first\n')
  if (what === 'GET /events') return session.listen(response)
  if (what === 'GET /poll') return session.hold(response)
  if (what === 'POST /echo') { session.heartbeat(); session.take(body); return response.writeHead(204).end() }
  plain(response, 404)
}

// A client that hangs up in the middle of its request is no error of ours.
const http = createServer((request, response) => serve(request, response).catch(() => response.destroy()))
const sockets = new WebSocketServer({ noServer: true })
http.on('upgrade', (request, tcp, head) => {
  if (request.url.split('?')[0] === '/ws') sockets.handleUpgrade(request, tcp, head, overWebSocket)
  else if (!request.url.startsWith('/socket.io/')) tcp.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
})

function overWebSocket(socket) {
  let client
  const say = (message) => socket.send(JSON.stringify(message))
  const late = setTimeout(() => socket.close(4408, 'authentication missing'), AUTHENTICATION)
  const on = {
    auth({ token }) {
      const refused = client ? [4400, 'authenticated already'] : refusal(token)
      if (refused) return socket.close(...refused)
      clearTimeout(late)
      client = new Client(token, (body) => say({ type: 'news', body }), (...why) => socket.close(...why))
      say({ type: 'ready' })
    },
    subscribe() { client.subscribe(); say({ type: 'subscribed' }) },
    heartbeat() { say({ type: 'alive' }) },
    echo: ({ body }) => (client.isSubscribed ? say({ type: 'echo', body }) : socket.close(4409, 'subscribe first')),
    publish: ({ body }) => (client.isSubscribed ? publish(body) : socket.close(4409, 'subscribe first')),
  }
  socket.on('message', (data) => {
    let message
    try { message = JSON.parse(data) } catch { return socket.close(4400, 'expected JSON') }
    if (!Object.hasOwn(on, message?.type)) return socket.close(4400, 'unknown type')
    if (!client && message.type !== 'auth') return socket.close(4401, 'authenticate first')
    client?.heartbeat()
    on[message.type](message)
  })
  socket.on('error', () => socket.terminate())
  socket.on('close', () => { clearTimeout(late); client?.gone() })
}

const io = new Server(http, { serveClient: false, allowEIO3: true, destroyUpgrade: false })
io.use(({ handshake }, next) => {
  const refused = refusal(handshake.auth.token ?? handshake.query.token)
  next(refused && new Error(refused[1]))
})
io.on('connection', (socket) => {
  const token = socket.handshake.auth.token ?? socket.handshake.query.token
  if (inUse.has(token)) return socket.disconnect(true)
  const client = new Client(token, (body) => socket.emit('news', body), () => socket.disconnect(true))
  socket.onAny(() => client.heartbeat())
  socket.on('subscribe', (acknowledge) => { client.subscribe(); acknowledge?.('subscribed') })
  socket.on('heartbeat', () => {})
  socket.on('echo', (body, acknowledge) => {
    if (!client.isSubscribed) return socket.disconnect(true)
    if (typeof acknowledge === 'function') acknowledge(body)
    else socket.emit('echo', body)
  })
  socket.on('publish', (body) => (client.isSubscribed ? publish(body) : socket.disconnect(true)))
  socket.on('disconnect', () => client.gone())
})

http.listen({ port: PORT, host: '127.0.0.1', backlog: 4096 })
