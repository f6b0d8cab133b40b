// Centrifugo's client protocol, JSON over WebSocket under /connection/websocket, written from its documents alone ("Client
// protocol", "Client protocol codes"): Centrifugo is in no registry. Whoever is subscribed to a channel may publish to
// it and hears himself, too; the RPC `echo` answers. A token is optional, and if given a JWT (HS256, key "secret"). What
// the documents forbid closes with their codes; so does no pong within 8 s of a ping, and no connect within 15 s.
// wsbench starts it: node server.js PORT [PING_MS [PONG_MS [CONNECT_MS]]]
'use strict'

const { createHmac, randomUUID } = require('node:crypto')
const { WebSocketServer } = require('ws')

const [PORT, PING = 25_000, PONG = 8_000, CONNECT = 15_000] = process.argv.slice(2).map(Number)
const COMMANDS = ['connect', 'subscribe', 'unsubscribe', 'publish', 'rpc', 'send']
const channels = new Map() // channel -> Set of clients

class Disconnect extends Error {
  constructor(code, reason) { super(reason); this.code = code }
}
const BAD = () => new Disconnect(3501, 'bad request')
const failed = (code, message) => ({ error: { code, message } })

function user(token) {
  if (token === undefined || token === '') return ''
  const [head, claims, signature] = String(token).split('.')
  if (createHmac('sha256', 'secret').update(`${head}.${claims}`).digest('base64url') !== signature) throw new Disconnect(3500, 'invalid token')
  const { sub = '', exp } = JSON.parse(Buffer.from(claims, 'base64url'))
  return exp !== undefined && exp * 1000 < Date.now() ? undefined : sub
}

const HANDLERS = {
  connect(client, { token }) {
    if (client.id) throw BAD()
    const name = user(token)
    if (name === undefined) return failed(109, 'token expired')
    Object.assign(client, { id: randomUUID(), user: name })
    client.startPings()
    return { connect: { client: client.id, version: '0.0.0 documents', ping: PING / 1000, pong: true } }
  },
  subscribe(client, { channel }) {
    if (typeof channel !== 'string' || channel === '') throw BAD()
    if (client.subscribed.has(channel)) return failed(105, 'already subscribed')
    client.subscribed.add(channel)
    if (!channels.has(channel)) channels.set(channel, new Set())
    channels.get(channel).add(client)
    return { subscribe: {} }
  },
  unsubscribe(client, { channel }) {
    client.leave(channel)
    return { unsubscribe: {} }
  },
  publish(client, { channel, data }) {
    if (data === undefined) return failed(107, 'bad request')
    if (!client.subscribed.has(channel)) return failed(103, 'permission denied')
    const push = JSON.stringify({ push: { channel, pub: { data, info: { user: client.user, client: client.id } } } })
    for (const other of channels.get(channel)) other.socket.send(push)
    return { publish: {} }
  },
  rpc: (_, { method, data }) => (method === 'echo' ? { rpc: { data } } : failed(104, 'method not found')),
  send: () => undefined,
}

class Client {
  constructor(socket) {
    Object.assign(this, { socket, subscribed: new Set(), timers: [] })
    this.stale = setTimeout(() => socket.close(3502, 'stale'), CONNECT)
    this.timers.push(this.stale)
    socket.on('message', (data, binary) => this.guarded(() => this.take(data.toString(), binary)))
    socket.on('error', () => socket.terminate())
    socket.on('close', () => {
      this.timers.forEach(clearTimeout)
      for (const channel of [...this.subscribed]) this.leave(channel)
    })
  }

  guarded(work) {
    try { work() } catch (error) {
      if (!(error instanceof Disconnect) && !(error instanceof SyntaxError)) throw error
      this.socket.close(error.code ?? 3501, error.code ? error.message : 'bad request')
    }
  }

  // Several commands are lines of one frame.
  take(text, binary) {
    if (binary) throw BAD()
    const replies = []
    for (const line of text.split('\n').filter((line) => line !== '')) {
      const command = JSON.parse(line)
      if (command !== null && typeof command === 'object' && Object.keys(command).length === 0) { this.pong(); continue }
      const reply = this.command(command)
      if (reply) replies.push(JSON.stringify(reply))
    }
    if (replies.length) this.socket.send(replies.join('\n'))
  }

  command(command) {
    const name = COMMANDS.find((name) => command?.[name] !== undefined)
    if (!name || (!this.id && name !== 'connect')) throw BAD()
    if ((name === 'send') === (Number.isInteger(command.id) && command.id > 0)) throw BAD()
    const reply = HANDLERS[name](this, command[name])
    return reply && { id: command.id, ...reply }
  }

  startPings() {
    clearTimeout(this.stale)
    this.timers.push(setInterval(() => {
      this.socket.send('{}')
      this.waiting ??= setTimeout(() => this.socket.close(3012, 'no pong'), PONG)
      this.timers.push(this.waiting)
    }, PING))
  }

  pong() {
    if (this.waiting === undefined) throw BAD()
    clearTimeout(this.waiting)
    this.timers = this.timers.filter((timer) => timer !== this.waiting)
    this.waiting = undefined
  }

  leave(channel) {
    if (!this.subscribed.delete(channel)) return
    channels.get(channel).delete(this)
    if (channels.get(channel).size === 0) channels.delete(channel)
  }
}

const path = '/connection/websocket'
new WebSocketServer({ host: '127.0.0.1', port: PORT, path, backlog: 1024 }).on('connection', (socket) => new Client(socket))
