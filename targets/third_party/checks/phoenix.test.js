'use strict'

const assert = require('node:assert/strict')
const test = require('node:test')
const { Socket } = require('phoenix')
const { against, sleep } = require('./recipe')
const { WebSocket, raw } = require('./raw')

const pushed = (push) => new Promise((resolve, reject) => push.receive('ok', resolve).receive('error', reject))

test("phoenix: Phoenix's own client hears what another pushes, and an echo", () => against('phoenix')(async (port) => {
  const sockets = [1, 2].map(() => new Socket(`ws://127.0.0.1:${port}/socket`, { transport: WebSocket }))
  sockets.forEach((socket) => socket.connect())
  const rooms = sockets.map((socket) => socket.channel('room:lobby'))
  await Promise.all(rooms.map((room) => pushed(room.join())))
  const heard = rooms.map((room) => new Promise((resolve) => room.on('new_msg', resolve)))
  await pushed(rooms[0].push('new_msg', { body: 's' }))
  assert.deepEqual(await Promise.all(heard), [{ body: 's' }, { body: 's' }])
  assert.deepEqual(await pushed(rooms[1].push('echo', { body: 'e' })), { body: 'e' })
  await assert.rejects(pushed(sockets[0].channel('other').join()), { reason: 'unmatched topic' })
  await pushed(rooms[1].leave())
  sockets.forEach((socket) => socket.disconnect())
}))

test('phoenix: heartbeats keep a socket, and silence does not', () => against('phoenix', 1_000)(async (port) => {
  const url = `ws://127.0.0.1:${port}/socket`
  const socket = new Socket(url, { transport: WebSocket, heartbeatIntervalMs: 300 })
  socket.connect()
  const room = socket.channel('room:lobby')
  await pushed(room.join())
  let closed = 0
  socket.onClose(() => closed++)
  const silent = await raw(`${url}/websocket?vsn=2.0.0`, [], '["1","1","room:lobby","phx_join",{}]')
  assert.deepEqual([silent.code, silent.heard.length], [1000, 1])
  await sleep(500)
  assert.equal(closed, 0)
  assert.equal((await raw(`${url}/websocket?vsn=2.0.0`, [], '{"topic":"room:lobby"}')).code, 1011)
  await assert.rejects(raw(`${url}/websocket`, []), /403/)
  socket.disconnect()
}))
