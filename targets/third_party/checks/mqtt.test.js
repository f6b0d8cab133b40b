'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const test = require('node:test')
const { connectAsync } = require('mqtt')
const { against } = require('./recipe')

for (const [name, path] of [['mosquitto', '/mqtt'], ['rabbitmq-mqtt', '/ws']]) {
  test(`${name}: MQTT.js hears what another publishes`, () => against(name)(async (port) => {
    const connect = () => connectAsync(`ws://127.0.0.1:${port}${path}`, { protocolVersion: 4 })
    const clients = await Promise.all([connect(), connect()])
    await Promise.all(clients.map((client) => client.subscribeAsync('t/1')))
    const heard = clients.map((client) => once(client, 'message'))
    await clients[0].publishAsync('t/1', 's')
    assert.deepEqual((await Promise.all(heard)).map(([topic, body]) => [topic, body.toString()]), [['t/1', 's'], ['t/1', 's']])
    await Promise.all(clients.map((client) => client.endAsync()))
  }))
}
