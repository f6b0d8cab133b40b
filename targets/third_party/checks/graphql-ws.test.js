'use strict'

const assert = require('node:assert/strict')
const test = require('node:test')
const { createClient } = require('graphql-ws')
const { against } = require('./recipe')
const { WebSocket, raw } = require('./raw')

test('graphql-ws: its own client hears what another says, and an echo', () => against('graphql-ws')(async (port) => {
  const url = `ws://127.0.0.1:${port}/graphql`
  const [hearer, speaker] = [1, 2].map(() => createClient({ url, webSocketImpl: WebSocket }))
  const ask = async (client, query) => (await client.iterate({ query }).next()).value
  const said = hearer.iterate({ query: 'subscription{said}' })
  const first = said.next()
  assert.equal((await ask(hearer, 'query{echo(m:"e")}')).data.echo, 'e')
  assert.equal((await ask(speaker, 'mutation{say(m:"s")}')).data.say, 's')
  assert.equal((await first).value.data.said, 's')
  await Promise.all([hearer.dispose(), speaker.dispose()])
}))

test('graphql-ws: what its protocol forbids has its codes', () => against('graphql-ws')(async (port) => {
  const [url, protocol] = [`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws']
  const subscribe = '{"id":"1","type":"subscribe","payload":{"query":"subscription{said}"}}'
  assert.equal((await raw(url, protocol)).code, 4408)
  assert.equal((await raw(url, protocol, subscribe)).code, 4401)
  assert.equal((await raw(url, protocol, '{"type":"connection_init"}', subscribe, subscribe)).code, 4409)
}))
