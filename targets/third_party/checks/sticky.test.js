'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const test = require('node:test')
const { io } = require('socket.io-client')
const { against } = require('./recipe')

const cookies = (answer) => answer.headers.getSetCookie().map((cookie) => cookie.split(';')[0]).join('; ')

test('sticky: Socket.IO stays on its node with the cookie, and is unknown without it', () => against('sticky')(async (port) => {
  const base = `http://127.0.0.1:${port}`
  const nodes = new Set()
  for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
    for (let n = 0; n < 2; n++) {
      const client = io(base, { withCredentials: true, transports, forceNew: true, reconnection: false })
      nodes.add((await once(client, 'node'))[0])
      assert.equal(await client.emitWithAck('echo', 'e'), 'e')
      client.disconnect()
    }
  }
  assert.deepEqual([...nodes].sort(), ['one', 'two'])

  const polling = `${base}/socket.io/?EIO=4&transport=polling`
  const open = await fetch(polling)
  const { sid } = JSON.parse((await open.text()).slice(1))
  const join = (headers) => fetch(`${polling}&sid=${sid}`, { method: 'POST', headers, body: '40' })
  const without = [await join({}), await join({})].map(({ status }) => status).sort()
  assert.deepEqual(without, [200, 400], 'one of two nodes does not know it')
  assert.match(cookies(open), /^NODE=(one|two)$/)
}))

test('sticky: SockJS by xhr stays on its node with the cookie', () => against('sticky')(async (port) => {
  const base = `http://127.0.0.1:${port}/echo/000`
  for (let n = 0; n < 4; n++) {
    const ask = (what, cookie, body) => fetch(`${base}/session${n}/${what}`, { method: 'POST', headers: { cookie }, body })
    const open = await ask('xhr', '')
    assert.equal(await open.text(), 'o\n')
    const cookie = cookies(open)
    assert.match(cookie, /NODE=(one|two)/)
    assert.equal((await ask('xhr_send', cookie, '["e"]')).status, 204)
    assert.equal(await (await ask('xhr', cookie)).text(), 'a["e"]\n')
    const other = cookie.includes('one') ? cookie.replace('one', 'two') : cookie.replace('two', 'one')
    assert.equal((await ask('xhr_send', other, '["e"]')).status, 404)
  }
}))
