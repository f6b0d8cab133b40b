'use strict'

const assert = require('node:assert/strict')
const test = require('node:test')
const { HttpTransportType, HubConnectionBuilder, LogLevel } = require('@microsoft/signalr')
const { against, sleep } = require('./recipe')
const { raw } = require('./raw')

const HELLO = '{"protocol":"json","version":1}\u001e'

test("signalr: Microsoft's client hears what another sends, and an echo", () => against('signalr')(async (port) => {
  const url = `http://127.0.0.1:${port}/hub`
  const direct = { skipNegotiation: true, transport: HttpTransportType.WebSockets }
  const [negotiated, plain] = [{}, direct].map((options) => new HubConnectionBuilder().withUrl(url, options).configureLogging(LogLevel.None).build())
  const heard = [negotiated, plain].map((hub) => new Promise((resolve) => hub.on('msg', resolve)))
  await Promise.all([negotiated.start(), plain.start()])
  assert.equal(await plain.invoke('Echo', 'e'), 'e')
  await negotiated.invoke('Send', 's')
  assert.deepEqual(await Promise.all(heard), ['s', 's'])
  await assert.rejects(plain.invoke('Other', 'x'), /Unknown hub method/)
  await Promise.all([negotiated.stop(), plain.stop()])
}))

test('signalr: pings keep a client, and silence does not', () => against('signalr', 1_000, 500)(async (port) => {
  const url = `http://127.0.0.1:${port}/hub`
  const hub = new HubConnectionBuilder().withUrl(url).withKeepAliveInterval(300).configureLogging(LogLevel.None).build()
  await hub.start()
  const silent = await raw(`ws://127.0.0.1:${port}/hub`, [], HELLO)
  assert.match(silent.heard.at(-1), /"type":7.*ClientTimeoutInterval/)
  assert.match((await raw(`ws://127.0.0.1:${port}/hub`, [])).heard[0], /Handshake was canceled/)
  await sleep(500)
  assert.equal(await hub.invoke('Echo', 'e'), 'e')
  await hub.stop()
}))

test('signalr: protocol errors close', () => against('signalr')(async (port) => {
  const url = `ws://127.0.0.1:${port}/hub`
  const said = async (...lines) => (await raw(url, [], ...lines)).heard.at(-1)
  const echo = '{"type":1,"invocationId":"1","target":"Echo","arguments":["e"]}\u001e'
  assert.match(await said('{"protocol":"messagepack","version":1}\u001e'), /"error":"Requested protocol/)
  assert.match(await said(echo), /"error":"Expected a handshake/)
  assert.match(await said(HELLO, echo + echo), /used before/)
  assert.match(await said(HELLO, '{"type":1,"target":"Echo"}\u001e'), /needs 'target'/)
  assert.match(await said(HELLO, echo.slice(0, -1)), /incomplete/)
  await assert.rejects(raw(`${url}?id=other`, []), /404/)
}))
