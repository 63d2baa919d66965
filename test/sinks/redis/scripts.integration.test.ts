import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, type Socket, connect, createServer } from 'node:net'
import { after, before, test } from 'node:test'
import { Redis } from 'ioredis'
import { channelKeys, channelOf, ownChannels } from '../../../schemas/channels.ts'
import { ListsStore } from '../../../sinks/redis/lists-store.ts'
import { TotalsStore } from '../../../sinks/redis/totals-store.ts'
import { isPassing } from '../../../sinks/redis/redis-store.ts'
import { totalsKeys } from '../../../sinks/redis/keys.ts'
import { recommendation } from '../../kit/builders.ts'
import { until } from '../../kit/until.ts'
import { redisServer } from '../../kit/redis-server.ts'
import { redisRoom } from './room.ts'
import { oneRow } from './totals-model.ts'

let room: Awaited<ReturnType<typeof redisRoom>>
before(async () => (room = await redisRoom()))
after(() => room.close())

const ROUNDS = 20
const fromZero = new Map([[0, 0n]])

/** Tries again as the sink does. */
async function applied<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;)
    try {
      return await attempt()
    } catch (error) {
      if (!isPassing(error)) throw error
    }
}

test('scripts that the server forgets again and again, amid hundreds that are under way, are loaded again, and each counts once', async (t) => {
  const totals = await room.store()
  const lists = new ListsStore({ redisUrl: room.redisUrl, keyPrefix: room.keyPrefix })
  t.after(() => lists.close())
  await lists.connect()
  await Promise.all([totals.begin('t', fromZero), lists.begin('t', fromZero)])
  let ended = false
  let flushed = 0
  const flushing = (async () => {
    for (; !ended; flushed++) await room.redis.script('FLUSH')
  })()
  t.after(() => (ended = true))
  const listeners = Array.from({ length: 300 }, (_, at) => `listener-${at}`)
  for (let round = 0; round < ROUNDS; round++) {
    const from = BigInt(round * listeners.length)
    const rows = listeners.map((listener, at) => ({
      offset: from + BigInt(at),
      value: recommendation({ listener, madeAt: round }),
    }))
    const partitions = [{ partition: 0, from, next: from + BigInt(rows.length), rows }]
    await Promise.all([
      applied(() => lists.apply('t', { partitions, receivedAt: [], refused: [] })),
      applied(() => totals.apply('t', oneRow(round, 1 + round))),
    ])
  }
  ended = true
  await flushing
  assert.ok(flushed > ROUNDS, `${flushed} times`)
  assert.equal((await room.log()).at(-1)?.data.totalPlays, ROUNDS)
  for (const listener of listeners) {
    const { meta } = channelKeys(room.keyPrefix, channelOf(ownChannels.recommendations, listener))
    assert.equal(await room.redis.hget(meta, 'offset'), String(ROUNDS), listener)
  }
})

/** A name that leads to one server or another; who is connected stays where they are. */
async function nameOf(first: number) {
  let port = first
  const sockets = new Set<Socket>()
  const listening = createServer((socket) => {
    const server = connect(port, '127.0.0.1')
    for (const each of [socket, server]) sockets.add(each.on('error', () => undefined))
    socket.pipe(server).pipe(socket)
  }).listen(0, '127.0.0.1')
  await once(listening, 'listening')
  return {
    url: `redis://127.0.0.1:${(listening.address() as AddressInfo).port}`,
    leadTo: (other: number) => (port = other),
    close() {
      listening.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

test('after a failover it finds the primary by its name, with its scripts, and begins a new epoch', async (t) => {
  const [first, second] = await Promise.all([redisServer(), redisServer()])
  const [one, other] = [new Redis(first.url), new Redis(second.url)]
  const name = await nameOf(first.port)
  const store = new TotalsStore({ redisUrl: name.url, keyPrefix: '', k: 1 })
  t.after(async () => {
    store.close()
    name.close()
    for (const redis of [one, other]) redis.disconnect()
    await Promise.all([first.close(), second.close()])
  })
  await other.replicaof('127.0.0.1', first.port)
  await store.connect()
  await store.begin('t', fromZero)
  assert.equal(await store.apply('t', oneRow(0, 1)), 'published')
  const { scriptKeys } = totalsKeys('')
  const epoch = await one.hget(scriptKeys[7]!, 'epoch')
  await until(async () => (await other.zscore(scriptKeys[3]!, 'a')) === '1', { what: 'the replica' })

  await other.replicaof('NO', 'ONE')
  await one.replicaof('127.0.0.1', second.port)
  name.leadTo(second.port)
  assert.equal(await until(() => store.apply('t', oneRow(1, 2)), { what: 'the primary' }), 'published')
  assert.equal(await other.zscore(scriptKeys[3]!, 'a'), '2')
  assert.notEqual(await other.hget(scriptKeys[7]!, 'epoch'), epoch)
})
