'use strict'

const assert = require('node:assert/strict')
const test = require('node:test')
const { against } = require('./recipe')
const { WebSocket } = require('./raw')

test("action-cable: Rails' own client hears what another speaks, and an echo", () => against('action-cable')(async (port) => {
  // It is made for browsers.
  const listeners = { addEventListener() {}, removeEventListener() {} }
  Object.assign(globalThis, { document: { ...listeners, visibilityState: 'visible' }, window: listeners })
  Object.assign(globalThis, listeners)
  const { adapters, createConsumer } = await import('@rails/actioncable')
  adapters.WebSocket = WebSocket
  const [one, two] = [1, 2].map(() => createConsumer(`ws://127.0.0.1:${port}/cable`))
  const member = (consumer) => new Promise((resolve, reject) => {
    const heard = []
    const channel = consumer.subscriptions.create('ChatChannel', {
      connected: () => resolve({ channel, heard }),
      rejected: reject,
      received: ({ body }) => { heard.push(body); channel.onHeard?.() },
    })
  })
  const members = await Promise.all([member(one), member(two)])
  const heard = ({ channel }) => new Promise((resolve) => { channel.onHeard = resolve })
  const both = Promise.all(members.map(heard))
  members[0].channel.perform('speak', { body: 's' })
  await both
  const own = heard(members[1])
  members[1].channel.perform('echo', { body: 'e' })
  await own
  assert.deepEqual(members.map(({ heard }) => heard), [['s'], ['s', 'e']])
  one.disconnect()
  two.disconnect()
}))
