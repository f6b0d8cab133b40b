'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const test = require('node:test')
const { Client } = require('@stomp/stompjs')
const { against } = require('./recipe')
const { WebSocket, next } = require('./raw')

test('rabbitmq: stompjs hears what another sends to a topic', () => against('rabbitmq')(async (port) => {
  const brokerURL = `ws://127.0.0.1:${port}/ws`
  const connect = () => new Promise((resolve, reject) => {
    const client = new Client({
      brokerURL,
      connectHeaders: { login: 'guest', passcode: 'guest', host: '/' },
      webSocketFactory: () => new WebSocket(brokerURL, ['v12.stomp']),
      onConnect: () => resolve(client),
      onStompError: (frame) => reject(new Error(frame.headers.message)),
    })
    client.activate()
  })
  const clients = await Promise.all([connect(), connect()])
  const heard = clients.map((client) => new Promise((resolve) => {
    client.subscribe('/topic/t', ({ body }) => resolve(body), { receipt: 'r' })
  }))
  await Promise.all(clients.map((client) => new Promise((resolve) => client.watchForReceipt('r', resolve))))
  clients[0].publish({ destination: '/topic/t', body: 's' })
  assert.deepEqual(await Promise.all(heard), ['s', 's'])
  await Promise.all(clients.map((client) => client.deactivate()))

  const wrong = new WebSocket(brokerURL, ['v12.stomp'])
  await once(wrong, 'open')
  wrong.send('CONNECT\naccept-version:1.2\nhost:/\nlogin:guest\npasscode:wrong\n\n\0')
  assert.match(await next(wrong, () => true), /^ERROR\n[^]*Bad CONNECT/)
  wrong.close()
}))
