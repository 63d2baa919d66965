import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { redisPublisher } from '../../gateway/live/channels/publish.ts'
import { channelOf, channels, ownChannels } from '../../schemas/channels.ts'
import { pseudonyms } from '../../schemas/pseudonym.ts'
import { whole } from '../measured.ts'
import { withStack } from '../with-services.ts'
import { clock, listenerName, message, pseudonymKey } from './message.ts'
import type { Remote } from '../../test/kit/remote.ts'
import { startWorker } from './worker.ts'

const KEY_PREFIX = 'bench:'
const HISTORY = 1_000
const A_BURST = 100
const DELIVERIES = Number(process.env['BENCH_DELIVERIES'] ?? 3_000_000)
const CONNECTS = 20_000
const WARM_UP = 5_000
const IDLE = 10_000
const MOST_STREAMS = 2_000
const LATENCY_SECONDS = 10
/** Of the functions below; all by default. */
const PARTS = process.env['BENCH_PARTS']?.split(',')

const peers = {
  continuo: 'Continuo, from Redis',
  'uws-publish': 'uWebSockets.js, its own publish, no source',
  'uws-send': 'uWebSockets.js, a send a socket, no source',
  ws: 'ws, no source',
}
type Kind = keyof typeof peers

interface Looked {
  port: number
  rssKb: number
}

interface Used {
  cpuSeconds: number
}

/** Live sockets: the gateway beside bare uWebSockets.js and the `ws` package, each a process of its own, as its clients are another one. */
export async function benchGateway(): Promise<void> {
  await withStack(['redis'], async ({ redisUrl = '' }) => {
    const redis = new Redis(redisUrl)
    const clients = startWorker('gateway-clients', {})
    const on = async <T>(kind: Kind, act: (server: Remote, port: number) => Promise<T>) => {
      const server = startWorker('gateway-server', { BENCH_KIND: kind, REDIS_URL: redisUrl })
      try {
        const { port } = await server.ask<Looked>({ kind: 'look' })
        return await act(server, port)
      } finally {
        await server.end()
      }
    }
    const publish = publisher(redis)
    const place = { publish, clients, on }
    // A channel's first message begins its epoch: who is there already would have to come back.
    await publish([channels.topArtists, ...ownPlaces(IDLE), ...streams(MOST_STREAMS)])
    for (const part of [fanOut, personal, connects, memory, latency, recoveries])
      if (PARTS === undefined || PARTS.includes(part.name)) console.table(await part(place))
    await clients.end()
    redis.disconnect()
  })
}

interface Place {
  publish: PublishTo
  clients: Remote
  on<T>(kind: Kind, act: (server: Remote, port: number) => Promise<T>): Promise<T>
}

/** Bursts of a hundred messages of one channel, and one message after the other. */
async function fanOut({ publish, clients, on }: Place) {
  const rows = []
  for (const sockets of [2_000, 10_000])
    for (const kind of Object.keys(peers) as Kind[])
      for (const burst of [A_BURST, 1]) {
        const deliveriesOf = DELIVERIES / (burst === 1 ? 10 : 1) / (kind === 'continuo' ? 1 : 5)
        const rounds = Math.max(2, Math.ceil(deliveriesOf / (sockets * burst)))
        rows.push(
          await on(kind, async (server, port) => {
            await clients.ask({
              kind: 'open',
              port,
              count: sockets,
              channels: kind === 'continuo' ? [channels.topArtists] : [],
            })
            const { deliveries, cpuSeconds } = await counted(server, async () => {
              for (let round = 0; round < rounds; round++) {
                const heard = clients.ask({ kind: 'expect', count: sockets * burst })
                if (kind === 'continuo')
                  await publish(Array.from({ length: burst }, () => channels.topArtists))
                else await server.ask({ kind: 'publish', count: burst })
                await heard
              }
              return rounds * sockets * burst
            })
            return {
              what: peers[kind],
              sockets,
              'messages at once': burst,
              'deliveries a CPU-second': whole(deliveries / cpuSeconds),
            }
          }),
        )
      }
  return rows
}

/**
 * A stream of one subscriber each (of a channel of the latest value one who does not read in time gets fewer): one message for each of 2,000, and a hundred for each
 * of 500, which is what Redis lets wait for a gateway.
 */
async function personal({ publish, clients, on }: Place) {
  const rows = []
  for (const [listeners, burst, rounds] of [
    [MOST_STREAMS, 1, 20],
    [500, A_BURST, 5],
  ] as const)
    rows.push(
      await on('continuo', async (server, port) => {
        const own = streams(listeners)
        await clients.ask({ kind: 'open', port, count: listeners, channels: [streamOf('*')] })
        const { deliveries, cpuSeconds } = await counted(server, async () => {
          for (let round = 0; round < rounds; round++) {
            const heard = clients.ask({ kind: 'expect', count: listeners * burst })
            await publish(own.flatMap((place) => Array.from({ length: burst }, () => place)))
            await heard
          }
          return rounds * listeners * burst
        })
        return {
          what: `a channel each of ${whole(listeners)} listeners`,
          'messages at once': burst,
          'deliveries a CPU-second': whole(deliveries / cpuSeconds),
        }
      }),
    )
  return rows
}

async function connects({ clients, on }: Place) {
  const rows = []
  for (const kind of ['continuo', 'uws-send', 'ws'] as const)
    rows.push(
      await on(kind, async (server, port) => {
        const connected = (count: number) =>
          clients.ask({ kind: 'connects', port, count, token: kind === 'continuo' })
        // Code is compiled by then.
        await connected(WARM_UP)
        const { deliveries, cpuSeconds } = await counted(server, async () => {
          await connected(CONNECTS)
          return CONNECTS
        })
        const what = kind === 'continuo' ? 'Continuo, token verified' : `${peers[kind]}, no token`
        return { what, 'connects a CPU-second': whole(deliveries / cpuSeconds) }
      }),
    )
  return rows
}

/** What ten thousand idle sockets take of a process's memory, garbage collected; in Continuo each with two subscriptions. */
async function memory({ clients, on }: Place) {
  const rows = []
  for (const kind of ['continuo', 'uws-send', 'ws'] as const)
    rows.push(
      await on(kind, async (server, port) => {
        const own = kind === 'continuo' ? [channels.topArtists, ownChannels.recommendations] : []
        // Code and pools are there already when it counts.
        await clients.ask({ kind: 'open', port, count: 500, channels: own })
        const before = await server.ask<Looked>({ kind: 'look' })
        await clients.ask({ kind: 'open', port, count: IDLE, channels: own })
        const after = await server.ask<Looked>({ kind: 'look' })
        const what = kind === 'continuo' ? 'Continuo, 2 subscriptions' : peers[kind]
        return { what, 'KB a connection': ((after.rssKb - before.rssKb) / (IDLE - 500)).toFixed(1) }
      }),
    )
  return rows
}

/** From publishing into Redis to the client, 1,000 sockets, 10,000 deliveries a second. */
async function latency({ publish, clients, on }: Place) {
  const rows = []
  for (const [what, channel, places] of [
    ['ten messages a second to 1,000 sockets', channels.topArtists, [channels.topArtists]],
    ['ten messages a second to each of 1,000 listeners', streamOf('*'), streams(1_000)],
  ] as const)
    rows.push(
      await on('continuo', async (server, port) => {
        await clients.ask({ kind: 'open', port, count: 1_000, channels: [channel] })
        const heard = clients.ask<{ p50: number; p99: number }>({
          kind: 'expect',
          count: LATENCY_SECONDS * 10_000,
        })
        const { cpuSeconds } = await counted(server, async () => {
          await evenly(
            publish,
            places.flatMap((place) => Array.from({ length: LATENCY_SECONDS * 10 }, () => place)),
            LATENCY_SECONDS,
          )
          return 0
        })
        const { p50, p99 } = await heard
        return {
          what,
          'p50 ms': p50.toFixed(1),
          'p99 ms': p99.toFixed(1),
          'CPU, of a core': `${((cpuSeconds / LATENCY_SECONDS) * 100).toFixed(0)} %`,
        }
      }),
    )
  return rows
}

async function recoveries({ publish, clients, on }: Place) {
  return on('continuo', async (_server, port) => {
    // Code is compiled by then.
    await clients.ask({ kind: 'connects', port, count: WARM_UP, token: true })
    await clients.ask({ kind: 'open', port, count: 1_000, channels: [channels.topArtists] })
    const publishing = new AbortController()
    const going = (async () => {
      while (!publishing.signal.aborted)
        await evenly(
          publish,
          Array.from({ length: 10 }, () => channels.topArtists),
          0.2,
        )
    })()
    const done = await clients.ask<{ complete: number; p50: number; p99: number }>({
      kind: 'recover',
      port,
      count: 500,
      channel: channels.topArtists,
    })
    publishing.abort()
    await going
    return [
      {
        what: '500 of 1,000 killed amid 50 messages a second',
        'recovered whole': done.complete,
        'p50 ms': done.p50.toFixed(0),
        'p99 ms': done.p99.toFixed(0),
      },
    ]
  })
}

async function counted(server: Remote, act: () => Promise<number>) {
  // What has been before is collected, and what comes is left to V8.
  await server.ask({ kind: 'look' })
  const before = await server.ask<Used>({ kind: 'use' })
  const deliveries = await act()
  const after = await server.ask<Used>({ kind: 'use' })
  return { deliveries, cpuSeconds: after.cpuSeconds - before.cpuSeconds }
}

const ownPlaces = (count: number) => {
  const { listener } = pseudonyms([pseudonymKey])
  return Array.from({ length: count }, (_, at) =>
    channelOf(ownChannels.recommendations, listener(listenerName(at))),
  )
}

const streamOf = (of: string) => `artist:${of}`
const streams = (count: number) => Array.from({ length: count }, (_, at) => streamOf(String(at)))

type PublishTo = (places: readonly string[]) => Promise<unknown>

/** Publishes a message to each of the places, as the gateway's own publishers do. */
function publisher(redis: Redis): PublishTo {
  const publish = redisPublisher(redis, KEY_PREFIX)
  const history = { size: HISTORY, seconds: 0 }
  return (places) => Promise.all(places.map((place) => publish(place, message(), { history })))
}

/** One message to each of the places in turn, spread over so many seconds. */
async function evenly(publish: PublishTo, places: readonly string[], seconds: number): Promise<void> {
  const began = clock()
  for (let done = 0; done < places.length;) {
    const due = Math.min(places.length, Math.floor(((clock() - began) / 1_000 / seconds) * places.length))
    if (due > done) await publish(places.slice(done, due))
    done = Math.max(done, due)
    await pause(1)
  }
}
