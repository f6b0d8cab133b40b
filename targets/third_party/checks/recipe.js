// Starts a server as wsbench does, by its target.toml, and ends it with all its children.
'use strict'

const { spawn } = require('node:child_process')
const { mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs')
const { connect, createServer } = require('node:net')
const { tmpdir } = require('node:os')
const { join, resolve } = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')

const freePort = () => new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address()
    server.close(() => resolve(port))
  })
})

const listens = (port) => new Promise((resolve) => {
  const socket = connect(port, '127.0.0.1')
  socket.on('connect', () => { socket.destroy(); resolve(true) }).on('error', () => resolve(false))
})

// The values of these files are JSON, too.
function value(recipe, key) {
  const line = new RegExp(`^${key} = (.*)$`, 'm').exec(recipe)
  return line ? JSON.parse(line[1]) : undefined
}

// {port, pid, stop()}; `more` are further arguments, for servers whose patience is one of them.
async function start(name, ...more) {
  const cwd = join(__dirname, '..', name)
  const recipe = readFileSync(join(cwd, 'target.toml'), 'utf8')
  const [port, folder] = [await freePort(), mkdtempSync(join(tmpdir(), 'wsbench-check-'))]
  const fill = (text) => text.replace('{port}', port).replace('{folder}', folder).replace('{connections}', '2000')
  const template = value(recipe, 'template')
  if (template) writeFileSync(join(folder, template), fill(readFileSync(join(cwd, template), 'utf8')))
  // What is left in braces is for TLS and HTTP/2, which are not spoken here.
  let [program, ...args] = value(recipe, 'start').map(fill).filter((word) => !/^\{[\w-]+\}$/.test(word))
  const own = args.indexOf(String(port)) + 1
  if (more.length) args = [...args.slice(0, own), ...more.map(String)]
  if (program.includes('/')) program = resolve(cwd, program)
  const child = spawn(program, args, { cwd, detached: true, stdio: ['ignore', 'ignore', 'inherit'] })
  const gone = new Promise((ended) => child.on('exit', ended))
  const stop = async () => {
    try { process.kill(-child.pid, 'SIGTERM') } catch { /* it has ended */ }
    await Promise.race([gone, sleep(5_000)])
    try { process.kill(-child.pid, 'SIGKILL') } catch { /* all of it has ended */ }
    rmSync(folder, { recursive: true, force: true })
  }
  for (const end = Date.now() + 60_000; !(await listens(port)); await sleep(50)) {
    if (child.exitCode !== null || Date.now() > end) {
      await stop()
      throw new Error(`${name} does not listen`)
    }
  }
  return { port, stop }
}

// Runs a check against a server of that name.
const against = (name, ...more) => async (check) => {
  const server = await start(name, ...more)
  try { await check(server.port) } finally { await server.stop() }
}

module.exports = { against, sleep }
