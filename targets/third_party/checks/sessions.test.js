'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const test = require('node:test')
const { io } = require('socket.io-client')
const { against, sleep } = require('./recipe')
const { WebSocket, next, raw } = require('./raw')

async function login(base, token) {
  const answer = await fetch(`${base}/login`, { method: 'POST', body: JSON.stringify({ token }) })
  return { status: answer.status, text: await answer.text(), cookie: answer.headers.getSetCookie()[0]?.split(';')[0] }
}

const post = (base, path, cookie, body) => fetch(base + path, { method: 'POST', headers: cookie ? { cookie } : {}, body })

test('sessions: one post reaches clients of all four transports', () => against('sessions')(async (port) => {
  const base = `http://127.0.0.1:${port}`
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`)
  await once(socket, 'open')
  for (const [message, answer] of [['{"type":"auth","token":"t1"}', 'ready'], ['{"type":"subscribe"}', 'subscribed'], ['{"type":"heartbeat"}', 'alive']]) {
    socket.send(message)
    await next(socket, (text) => JSON.parse(text).type === answer)
  }
  const client = io(base, { auth: { token: 't2' } })
  assert.equal(await client.emitWithAck('subscribe'), 'subscribed')
  const [listener, poller] = [await login(base, 't3'), await login(base, 't4')]
  assert.equal((await fetch(`${base}/events`, { headers: { cookie: listener.cookie } })).status, 409)
  for (const { cookie } of [listener, poller]) assert.equal((await post(base, '/subscribe', cookie)).status, 204)
  const events = (await fetch(`${base}/events`, { headers: { cookie: listener.cookie } })).body.pipeThrough(new TextDecoderStream()).getReader()
  const poll = fetch(`${base}/poll`, { headers: { cookie: poller.cookie } }).then((answer) => answer.text())

  const heard = Promise.all([next(socket, (text) => text.includes('"news"')), once(client, 'news'), poll])
  await sleep(100)
  await post(base, '/publish', undefined, 'n')
  assert.deepEqual(await heard, ['{"type":"news","body":"n"}', ['n'], 'n\n'])
  let stream = ''
  while (!stream.includes('data: n\n\n')) stream += (await events.read()).value

  socket.send('{"type":"echo","body":"e"}')
  assert.equal(await next(socket, (text) => text.includes('echo')), '{"type":"echo","body":"e"}')
  assert.equal(await client.emitWithAck('echo', 'e'), 'e')
  await post(base, '/echo', poller.cookie, 'e')
  assert.equal(await (await fetch(`${base}/poll`, { headers: { cookie: poller.cookie } })).text(), 'e\n')
  await events.cancel()
  client.disconnect()
  socket.close()
}))

test('sessions: without token, subscription or heartbeat nobody stays', () => against('sessions', 600)(async (port) => {
  const [base, url] = [`http://127.0.0.1:${port}`, `ws://127.0.0.1:${port}/ws`]
  const said = async (...lines) => { const { code, reason } = await raw(url, [], ...lines); return [code, reason] }
  const auth = (token) => `{"type":"auth","token":"${token}"}`
  assert.deepEqual(await said(auth('x1')), [4401, 'token expired'])
  assert.deepEqual(await said('{"type":"subscribe"}'), [4401, 'authenticate first'])
  assert.deepEqual(await said(auth('t1'), '{"type":"echo","body":"e"}'), [4409, 'subscribe first'])
  assert.deepEqual(await said(auth('t1'), '{"type":"subscribe"}'), [4408, 'heartbeat missing'])
  assert.deepEqual(await said(), [4408, 'authentication missing'])
  const [first, second] = await Promise.all([said(auth('t2')), sleep(100).then(() => said(auth('t2')))])
  assert.deepEqual([first[1], second], ['heartbeat missing', [4403, 'token in use']])
  assert.deepEqual(await login(base, 'x1'), { status: 401, text: 'token expired\n', cookie: undefined })
  assert.equal((await fetch(`${base}/events`)).status, 401)

  const refused = io(base, { auth: { token: 'x1' }, reconnection: false })
  assert.equal((await once(refused, 'connect_error'))[0].message, 'token expired')
  const silent = io(base, { auth: { token: 't3' }, reconnection: false })
  assert.equal((await once(silent, 'disconnect'))[0], 'io server disconnect')
  const { cookie } = await login(base, 't4')
  assert.equal((await post(base, '/subscribe', cookie)).status, 204)
  await sleep(1_000)
  assert.equal((await post(base, '/subscribe', cookie)).status, 401, 'who does not poll is forgotten')
}))
