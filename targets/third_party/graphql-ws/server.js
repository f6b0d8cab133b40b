// A GraphQL server on graphql-ws, under /graphql: the mutation `say` reaches every subscription `said`, and the query
// `echo` answers. The package itself closes with 4408 who says no connection_init within 3 s, and with 4409 who takes an
// id that is still in use.
// wsbench starts it: node server.js PORT
'use strict'

const { EventEmitter } = require('node:events')
const { buildSchema } = require('graphql')
const { useServer } = require('graphql-ws/use/ws')
const { WebSocketServer } = require('ws')

const schema = buildSchema(`
  type Query { echo(m: String!): String! }
  type Mutation { say(m: String!): String! }
  type Subscription { said: String! }
`)

const room = new EventEmitter()
room.setMaxListeners(0)

// What is said from now on, until the subscriber leaves.
function said() {
  const waiting = []
  let wake
  const hear = (message) => {
    waiting.push({ said: message })
    wake?.()
  }
  room.on('said', hear)
  return {
    [Symbol.asyncIterator]() { return this },
    async next() {
      while (waiting.length === 0) await new Promise((resolve) => { wake = resolve })
      return { value: waiting.shift(), done: false }
    },
    async return() {
      room.off('said', hear)
      return { value: undefined, done: true }
    },
  }
}

const roots = {
  query: { echo: ({ m }) => m },
  mutation: { say: ({ m }) => { room.emit('said', m); return m } },
  subscription: { said },
}

const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.argv[2]), path: '/graphql', backlog: 1024 })
useServer({ schema, roots, connectionInitWaitTimeout: 3_000 }, server)
