import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Command } from 'ioredis'
import { freePort } from '../../../stack/ports.ts'
import { recommendation } from '../../kit/builders.ts'
import { ListsStore } from '../../../sinks/redis/lists-store.ts'
import { forgetListeners } from '../../../sinks/redis/forget-listeners.ts'
import { until } from '../../kit/until.ts'
import { redisRoom } from './room.ts'
import { redisServer } from '../../kit/redis-server.ts'
import { MINUTE, artistTotal, rowsOf } from './totals-model.ts'

let server: Awaited<ReturnType<typeof redisServer>>
let room: Awaited<ReturnType<typeof redisRoom>>
before(async () => {
  server = await redisServer(
    ...['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'],
    // Its own choice, 10,000 above the port, may be in use by any connection.
    ...['--cluster-port', String(await freePort())],
  )
  room = await redisRoom(server.url)
  const early = new ListsStore({ redisUrl: server.url, keyPrefix: room.keyPrefix })
  await assert.rejects(early.connect(), /has slots/)
  await room.redis.cluster('ADDSLOTSRANGE', 0, 16_383)
  await until(async () => /cluster_state:ok/.test(await room.redis.cluster('INFO')), {
    what: 'a cluster of one node',
  })
  await until(() => early.connect().then(() => early.connected), { what: 'who came too early' })
  early.close()
})
after(async () => {
  await room.close()
  await server.close()
})

const fromZero = new Map<number | string, bigint>([
  [0, 0n],
  ['replay:r:0', 0n],
])
const step = (from: number, artists: string[], window: number) => ({
  partitions: [
    {
      partition: 0,
      from: BigInt(from),
      next: BigInt(from + artists.length),
      rows: rowsOf(
        artists.map((artist) => artistTotal({ artist, window, plays: 1 + from, ms: 5, who: 7 })),
        from,
      ),
    },
  ],
  receivedAt: [],
  refused: [],
})
const place = { place: 'replay:r:0', from: 0n, next: 1n }

/** All that the stores do, each script in each of its branches. */
async function work(): Promise<void> {
  const first = await room.store({ spanMs: 2 * MINUTE, k: 2 })
  const next = await room.store({ spanMs: 2 * MINUTE, k: 2, version: 2 })
  const anew = await room.store({ spanMs: 2 * MINUTE, k: 2, version: 2, anew: true })
  for (const store of [first, next, anew]) {
    await store.begin('t', fromZero)
    for (const [at, window] of [1, 2, 9].entries()) await store.apply('t', step(2 * at, ['a', 'b'], window))
    await store.replay('t', {
      ...place,
      rows: [{ ...rowsOf([artistTotal({ artist: 'c', window: 9, plays: 1, ms: 1 })], 1)[0]!, partition: 0 }],
    })
  }
  await next.serve()
  assert.equal(await anew.takePlace(new Map([[0, 6n]])), true)
  assert.equal(await next.apply('t', { partitions: [], receivedAt: [], refused: [] }), 'published')
  await anew.discard()
  await first.begin('another topic', fromZero)
  const lists = new ListsStore({ redisUrl: server.url, keyPrefix: room.keyPrefix })
  await lists.connect()
  await lists.begin('t', fromZero)
  const rows = ['ada', 'bob'].map((listener, at) => ({
    offset: BigInt(at),
    value: recommendation({ listener }),
  }))
  const partitions = [{ partition: 0, from: 0n, next: 2n, rows }]
  await lists.apply('t', { partitions, receivedAt: [], refused: [] })
  await lists.mend(
    't',
    rows.map((row) => ({ ...row, partition: 0 })),
  )
  await lists.replay('t', { ...place, rows: [] })
  lists.close()
  await forgetListeners({ redisUrl: server.url, keyPrefix: room.keyPrefix })
}

test('on a cluster a script, and a command, touches keys of one slot alone', async () => {
  const monitor = await room.redis.monitor()
  /** Of each script, and of each command of several keys: the keys that it touches, those inside of it, too. */
  const touched: Set<string>[] = []
  let ended = false
  monitor.on('monitor', (_: string, args: string[], source: string) => {
    const [name = '', ...rest] = args
    if (name === 'get' && rest[0] === 'the end') ended = true
    const keys = new Command(name, rest).getKeys().map(String)
    if (source !== 'lua') touched.push(new Set())
    for (const key of keys) touched.at(-1)!.add(key)
  })
  await work()
  await room.redis.get('the end')
  await until(() => ended, { what: 'all commands to be told' })
  monitor.disconnect()

  const scripts = touched.filter(({ size }) => size > 1)
  assert.ok(scripts.length > 20, `${scripts.length} commands of several keys`)
  for (const keys of scripts) {
    const slots = await Promise.all([...keys].map((key) => room.redis.cluster('KEYSLOT', key)))
    assert.equal(new Set(slots).size, 1, `in several slots: ${[...keys].join(' ')}`)
  }
  assert.ok(
    scripts.some((keys) => [...keys].some((key) => key.includes(':window:'))),
    'keys that no script is given were seen',
  )
})
