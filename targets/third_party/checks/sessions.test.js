'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const test = require('node:test')
const { io } = require('socket.io-client')
const { against, sleep } = require('./recipe')
const { WebSocket, next, raw } = require('./raw')

const NEWS = { type: 'news', body: 'n' }

async function login(base, token) {
  const answer = await fetch(`${base}/login`, { method: 'POST', body: JSON.stringify({ token }) })
  return { status: answer.status, text: await answer.text(), cookie: answer.headers.getSetCookie()[0]?.split(';')[0] }
}

const ask = (url, cookie, body) => fetch(url, { method: body ? 'POST' : 'GET', headers: { cookie }, body })
const emitted = (client, type) => new Promise((resolve) => client.on('message', (message) => message.type === type && resolve(message)))

async function joined(socket, ...more) {
  for (const [message, answer] of [...more, ['{"type":"subscribe"}', 'subscribed'], ['{"type":"heartbeat"}', 'alive']]) {
    socket.send(message)
    await next(socket, (text) => JSON.parse(text).type === answer)
  }
}

test('sessions: one post reaches clients of all four transports', () => against('sessions')(async (port) => {
  const [base, url] = [`http://127.0.0.1:${port}`, `ws://127.0.0.1:${port}/ws`]
  const socket = new WebSocket(url)
  await once(socket, 'open')
  await joined(socket, ['{"type":"auth","token":"t1"}', 'ready'])
  const bySession = new WebSocket(url, { headers: { cookie: (await login(base, 't5')).cookie } })
  await next(bySession, (text) => text.includes('ready'))
  await joined(bySession)
  const client = io(base, { auth: { token: 't2' } })
  await once(client, 'connect')
  client.emit('message', { type: 'subscribe' })
  await emitted(client, 'subscribed')
  const [{ cookie: listener }, { cookie: poller }] = [await login(base, 't3'), await login(base, 't4')]
  const events = (await ask(`${base}/events`, listener)).body.pipeThrough(new TextDecoderStream()).getReader()
  let stream = ''
  const hear = async (text) => { while (!stream.includes(text)) stream += (await events.read()).value }
  assert.equal((await ask(`${base}/events`, listener, '{"type":"subscribe"}')).status, 204)
  await hear('data: {"type":"subscribed"}\n\n')
  assert.equal((await ask(`${base}/poll`, poller, '{"type":"subscribe"}')).status, 204)
  const poll = async () => (await ask(`${base}/poll`, poller)).text()
  assert.equal(await poll(), '{"type":"subscribed"}\n')

  const isNews = (text) => text.includes('"news"')
  const heard = Promise.all([next(socket, isNews), next(bySession, isNews), emitted(client, 'news'), poll(), hear(`data: ${JSON.stringify(NEWS)}\n\n`)])
  await sleep(100)
  await fetch(`${base}/publish`, { method: 'POST', body: 'n' })
  const text = JSON.stringify(NEWS)
  assert.deepEqual((await heard).slice(0, 4), [text, text, NEWS, text + '\n'])

  const echo = '{"type":"echo","body":"e"}'
  socket.send(echo)
  await next(socket, (text) => text === echo)
  client.emit('message', JSON.parse(echo))
  assert.deepEqual(await emitted(client, 'echo'), JSON.parse(echo))
  await ask(`${base}/poll`, poller, echo)
  assert.equal(await poll(), echo + '\n')
  await ask(`${base}/events`, listener, echo)
  await hear(`data: ${echo}\n\n`)
  await events.cancel()
  client.disconnect()
  socket.close()
  bySession.close()
}))

test('sessions: without token, subscription or heartbeat nobody stays', () => against('sessions', 600)(async (port) => {
  const [base, url] = [`http://127.0.0.1:${port}`, `ws://127.0.0.1:${port}/ws`]
  const said = async (path, ...lines) => { const { code, reason } = await raw(url + path, [], ...lines); return [code, reason] }
  const auth = (token) => `{"type":"auth","token":"${token}"}`
  assert.deepEqual(await said('', auth('x1')), [4401, 'token expired'])
  assert.deepEqual(await said('?token=x1'), [4401, 'token expired'])
  assert.deepEqual(await said('', '{"type":"subscribe"}'), [4401, 'authenticate first'])
  assert.deepEqual(await said('?token=t1', '{"type":"echo","body":"e"}'), [4409, 'subscribe first'])
  assert.deepEqual(await said('?token=t1', '{"type":"subscribe"}'), [4408, 'heartbeat missing'])
  assert.deepEqual(await said(''), [4408, 'authentication missing'])
  const [first, second] = await Promise.all([said('?token=t2'), sleep(100).then(() => said('?token=t2'))])
  assert.deepEqual([first[1], second], ['heartbeat missing', [4403, 'token in use']])
  assert.deepEqual(await login(base, 'x1'), { status: 401, text: 'token expired\n', cookie: undefined })
  assert.equal((await fetch(`${base}/events`)).status, 401)

  const refused = io(base, { auth: { token: 'x1' }, reconnection: false })
  assert.equal((await once(refused, 'connect_error'))[0].message, 'token expired')
  const silent = io(base, { auth: { token: 't3' }, reconnection: false })
  assert.equal((await once(silent, 'disconnect'))[0], 'io server disconnect')
  const { cookie } = await login(base, 't4')
  const events = await ask(`${base}/events`, cookie)
  assert.match(await events.text(), /^: listening/, 'the stream ends')
  assert.equal((await ask(`${base}/events`, cookie, '{"type":"subscribe"}')).status, 401)
}))
