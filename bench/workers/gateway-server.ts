import pino from 'pino'
import { Registry } from 'prom-client'
import { App, us_socket_local_port, type WebSocket as Socket } from 'uWebSockets.js'
import { WebSocketServer } from 'ws'
import { startGateway } from '../../gateway/live/index.ts'
import { noOrigin } from '../../gateway/live/sockets/origin.ts'
import { pseudonyms } from '../../schemas/pseudonym.ts'
import { message, pseudonymKey, tokens } from '../gateway/message.ts'
import { answer } from '../../test/kit/remote.ts'

/** A server of live channels: the gateway, or a peer that has its messages from nobody and keeps nothing. */
interface Server {
  port: number
  /** Peers alone: so many messages to each socket. */
  publish(count: number): void
}

const KB_A_MB = 1024
const MANY = 1e6
const servers: Record<string, () => Promise<Server>> = {
  async continuo() {
    const gateway = await startGateway({
      host: '127.0.0.1',
      port: 0,
      redisUrl: process.env['REDIS_URL']!,
      keyPrefix: 'bench:',
      token: tokens,
      pseudonymOf: pseudonyms([pseudonymKey]).listener,
      pushKey: { id: 'k1', bytes: Buffer.alloc(32, 5) },
      allowedOrigins: [noOrigin],
      send: () => Promise.resolve(),
      log: pino({ level: 'warn' }),
      metrics: new Registry(),
      // Counted as wherever it is installed; but all clients here have one address.
      clientLimits: {
        connectsPerMinute: MANY,
        commandsPerMinute: MANY,
        publishesPerMinute: MANY,
        socketsPerAddress: MANY,
      },
    })
    return { port: gateway.port, publish: () => undefined }
  },

  /** uWebSockets.js with its own topics. */
  'uws-publish': () =>
    uws((app, _sockets, count) => {
      for (let each = 0; each < count; each++) app.publish('all', JSON.stringify(message()))
    }),

  /** uWebSockets.js, one send for each message and socket. */
  'uws-send': () =>
    uws((_app, sockets, count) => {
      for (let each = 0; each < count; each++) {
        const text = JSON.stringify(message())
        for (const socket of sockets) socket.send(text)
      }
    }),

  ws: () =>
    new Promise((resolve) => {
      const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false }, () => {
        const { port } = server.address() as { port: number }
        resolve({
          port,
          publish(count) {
            for (let each = 0; each < count; each++) {
              const text = JSON.stringify(message())
              for (const socket of server.clients) socket.send(text)
            }
          },
        })
      })
      server.on('connection', (socket) => socket.on('message', () => socket.send('{}')))
    }),
}

function uws(publish: (app: ReturnType<typeof App>, sockets: Set<Socket<object>>, count: number) => void) {
  const sockets = new Set<Socket<object>>()
  const app = App().ws<object>('/*', {
    maxBackpressure: 0,
    open(socket) {
      sockets.add(socket)
      socket.subscribe('all')
    },
    message: (socket) => void socket.send('{}'),
    close: (socket) => void sockets.delete(socket),
  })
  return new Promise<Server>((resolve, reject) => {
    app.listen('127.0.0.1', 0, (listening) => {
      if (!listening) reject(new Error('uWebSockets.js cannot listen'))
      else
        resolve({
          port: us_socket_local_port(listening),
          publish: (count) => publish(app, sockets, count),
        })
    })
  })
}

const server = await servers[process.env['BENCH_KIND']!]!()

answer<{ kind: 'look' | 'use' | 'publish'; count?: number }>(async ({ kind, count = 0 }) => {
  const { user, system } = process.cpuUsage()
  if (kind === 'use') return { cpuSeconds: (user + system) / 1e6 }
  if (kind === 'publish') server.publish(count)
  // As V8 collects by itself where nothing has happened for a while: what is free is given back.
  else globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
  return { port: server.port, rssKb: process.memoryUsage.rss() / KB_A_MB }
})
