// Two nodes behind Debian's HAProxy, which keeps each client on its node by a cookie.
// wsbench starts it: node sticky.js PORT FOLDER CONNECTIONS [HOW]; HOW is more of HAProxy's `bind`
'use strict'

const { fork, spawn } = require('node:child_process')
const { once } = require('node:events')
const { existsSync, readFileSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')

async function main(port, folder, connections, how = '') {
  const nodes = ['one', 'two'].map((name) => fork(join(__dirname, 'node.js'), [name]))
  const [[one], [two]] = await Promise.all(nodes.map((node) => once(node, 'message')))
  const places = { port, connections, one, two, how }
  // Over TLS HAProxy takes certificate and key from one file.
  const pem = ['certificate.pem', 'key.pem'].map((name) => join(folder, name))
  if (existsSync(pem[0])) writeFileSync(join(folder, 'both.pem'), pem.map((file) => readFileSync(file)).join(''), { mode: 0o600 })
  const template = readFileSync(join(__dirname, 'haproxy.cfg'), 'utf8')
  const file = join(folder, 'haproxy.cfg')
  writeFileSync(file, template.replace(/\{(\w+)\}/g, (_, name) => places[name]))
  const proxy = spawn('/usr/sbin/haproxy', ['-db', '-q', '-f', file], { stdio: 'inherit' })
  // One of them alone is no use.
  const all = [...nodes, proxy]
  const end = () => all.forEach((process) => process.kill('SIGTERM'))
  process.on('SIGTERM', end)
  await Promise.race(all.map((process) => once(process, 'exit')))
  end()
}

main(...process.argv.slice(2))
