// ws's own client as a generator: so many connections, each with one message on its way, which the server sends back.
// scripts/versus sets wsbench beside it: node client.js URL CONNECTIONS SECONDS FILE; FILE has a message a line
'use strict'

const { readFileSync } = require('node:fs')
const { WebSocket } = require('ws')

const WARMUP = 500

const [url, connections, seconds, file] = process.argv.slice(2)
const messages = readFileSync(file, 'utf8').split('\n').filter(Boolean)
let echoes = 0
let next = 0

// All messages are compressed, as wsbench's are.
const open = () => new Promise((ready, failed) => {
  const socket = new WebSocket(url, { perMessageDeflate: { threshold: 0 } })
  socket.on('open', () => ready(socket)).on('error', failed)
})

async function main() {
  const sockets = await Promise.all(Array.from({ length: Number(connections) }, open))
  if (!sockets.every((socket) => socket.extensions.startsWith('permessage-deflate'))) throw new Error('not compressed')
  for (const socket of sockets) {
    const say = () => socket.send(messages[next++ % messages.length])
    socket.on('message', () => { echoes += 1; say() })
    say()
  }
  setTimeout(() => {
    const [before, at, cpu] = [echoes, performance.now(), process.cpuUsage()]
    setTimeout(() => {
      const { user, system } = process.cpuUsage(cpu)
      const result = { operations: echoes - before, seconds: (performance.now() - at) / 1e3, cpu_s: (user + system) / 1e6 }
      console.log(JSON.stringify(result))
      process.exit()
    }, seconds * 1e3)
  }, WARMUP)
}

main()
