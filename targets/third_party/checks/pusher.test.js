'use strict'

const assert = require('node:assert/strict')
const test = require('node:test')
const { against, sleep } = require('./recipe')
const { raw } = require('./raw')
const Client = require('pusher-js')
const Server = require('pusher')

const bound = (to, name) => new Promise((resolve) => to.bind(name, resolve))

test("pusher: Pusher's own client and server library publish and hear", () => against('pusher', 1, 1)(async (port) => {
  const options = {
    cluster: '', wsHost: '127.0.0.1', wsPort: port, forceTLS: false, enabledTransports: ['ws'], disableStats: true,
    channelAuthorization: { endpoint: `http://127.0.0.1:${port}/pusher/auth` },
  }
  const clients = [1, 2].map(() => new Client('key', options))
  const rooms = clients.map((client) => client.subscribe('private-t'))
  const open = clients.map((client) => client.subscribe('t'))
  await Promise.all([...rooms, ...open].map((channel) => bound(channel, 'pusher:subscription_succeeded')))
  const [heard, own] = [bound(rooms[1], 'client-said'), []]
  rooms[0].bind('client-said', (data) => own.push(data))
  rooms[0].trigger('client-said', { m: 's' })
  assert.deepEqual(await heard, { m: 's' })

  const server = new Server({ appId: 'app', key: 'key', secret: 'secret', host: '127.0.0.1', port: String(port), useTLS: false })
  const both = open.map((channel) => bound(channel, 'said'))
  await server.trigger('t', 'said', { m: 'r' })
  assert.deepEqual(await Promise.all(both), [{ m: 'r' }, { m: 'r' }])
  const wrong = new Server({ appId: 'app', key: 'key', secret: 'other', host: '127.0.0.1', port: String(port), useTLS: false })
  await assert.rejects(wrong.trigger('t', 'said', {}), { status: 401 })

  let lost = 0
  clients.forEach((client) => client.connection.bind('disconnected', () => lost++))
  await sleep(3_000)
  assert.deepEqual([own, lost], [[], 0], 'the sender does not hear himself; pings are answered')
  clients.forEach((client) => client.disconnect())
}))

test('pusher: what its protocol forbids has its codes', () => against('pusher', 1, 1)(async (port) => {
  const url = `ws://127.0.0.1:${port}/app`
  const code = async (path, ...lines) => (await raw(url + path, [], ...lines)).code
  assert.equal(await code('/other?protocol=7'), 4001)
  assert.equal(await code('/key'), 4008)
  assert.equal(await code('/key?protocol=3'), 4007)
  const silent = await raw(`${url}/key?protocol=7`, [], '{"event":"pusher:subscribe","data":{"channel":"private-t"}}', '{"event":"client-x","channel":"t","data":{}}')
  assert.equal(silent.code, 4201)
  const errors = silent.heard.map(JSON.parse).filter(({ event }) => event === 'pusher:error').map(({ data }) => data.code)
  assert.deepEqual(errors, [4009, 4301, 4201])
}))
