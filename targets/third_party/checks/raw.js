// A WebSocket client without any protocol above it: for what a well-behaved library would not say.
'use strict'

const { once } = require('node:events')
const { setTimeout: sleep } = require('node:timers/promises')
const WebSocket = require('ws')

// Says these lines, with time for an answer between them, and tells what came until the server closed.
async function raw(url, protocols, ...lines) {
  const socket = new WebSocket(url, protocols)
  const heard = []
  socket.on('message', (data) => heard.push(data.toString()))
  await once(socket, 'open')
  const closed = once(socket, 'close', { signal: AbortSignal.timeout(10_000) })
  for (const line of lines) {
    socket.send(line)
    await sleep(50)
  }
  const [code, reason] = await closed
  return { code, reason: reason.toString(), heard }
}

// The next message for which `good` holds.
function next(socket, good) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('nothing came')), 5_000)
    socket.on('message', function hear(data) {
      if (!good(data.toString())) return
      clearTimeout(timer)
      socket.off('message', hear)
      resolve(data.toString())
    })
  })
}

module.exports = { WebSocket, next, raw }
