'use strict'

const assert = require('node:assert/strict')
const { createHmac } = require('node:crypto')
const { once } = require('node:events')
const test = require('node:test')
const { Centrifuge } = require('centrifuge')
const { against, sleep } = require('./recipe')
const { WebSocket, raw } = require('./raw')

function token(claims) {
  const body = [{ alg: 'HS256', typ: 'JWT' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${body}.${createHmac('sha256', 'secret').update(body).digest('base64url')}`
}

test("centrifugo: Centrifugo's own client hears what another publishes, and an echo", () => against('centrifugo', 300, 300)(async (port) => {
  const url = `ws://127.0.0.1:${port}/connection/websocket`
  const clients = [undefined, token({ sub: 'u' })].map((token) => new Centrifuge(url, { websocket: WebSocket, token }))
  const rooms = clients.map((client) => client.newSubscription('t'))
  const ready = rooms.map((room) => once(room, 'subscribed'))
  clients.forEach((client) => client.connect())
  rooms.forEach((room) => room.subscribe())
  await Promise.all(ready)
  const heard = rooms.map((room) => once(room, 'publication'))
  await rooms[0].publish('s')
  assert.deepEqual((await Promise.all(heard)).map(([{ data }]) => data), ['s', 's'])
  assert.equal((await clients[1].rpc('echo', 'e')).data, 'e')
  let lost = 0
  clients.forEach((client) => client.on('connecting', () => lost++))
  await sleep(1_500)
  assert.equal(lost, 0, 'it answers pings')
  clients.forEach((client) => client.disconnect())
}))

test('centrifugo: what its protocol forbids has its codes', () => against('centrifugo', 200, 200, 500)(async (port) => {
  const url = `ws://127.0.0.1:${port}/connection/websocket`
  const said = async (...lines) => { const { code, reason } = await raw(url, [], ...lines); return [code, reason] }
  const connect = '{"id":1,"connect":{}}'
  assert.deepEqual(await said(), [3502, 'stale'])
  assert.deepEqual(await said('{"id":1,"subscribe":{"channel":"t"}}'), [3501, 'bad request'])
  assert.deepEqual(await said(connect, connect), [3501, 'bad request'])
  assert.deepEqual(await said('{'), [3501, 'bad request'])
  assert.deepEqual(await said(connect), [3012, 'no pong'])
  assert.deepEqual(await said(`{"id":1,"connect":{"token":"a.b.c"}}`), [3500, 'invalid token'])
  const twice = '{"id":2,"subscribe":{"channel":"t"}}\n{"id":3,"subscribe":{"channel":"t"}}\n{"id":4,"publish":{"channel":"u","data":1}}'
  const { heard } = await raw(url, [], connect, twice)
  assert.deepEqual(heard[1].split('\n').map((reply) => JSON.parse(reply).error?.code), [undefined, 105, 103])
  const expired = await raw(url, [], `{"id":1,"connect":{"token":"${token({ sub: 'u', exp: 1 })}"}}`)
  assert.equal(JSON.parse(expired.heard[0]).error.code, 109)
}))
