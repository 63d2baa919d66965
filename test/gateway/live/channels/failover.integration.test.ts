import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Redis } from 'ioredis'
import pino from 'pino'
import { redisPublisher } from '../../../../gateway/live/channels/publish.ts'
import { redisConnection } from '../../../../gateway/live/redis.ts'
import { channelKeys } from '../../../../schemas/channels.ts'
import { totalsKeys } from '../../../../sinks/redis/keys.ts'
import { TotalsStore } from '../../../../sinks/redis/totals-store.ts'
import { until } from '../../../kit/until.ts'
import { redisServer } from '../../../kit/redis-server.ts'
import { tcpProxy } from '../../kit/tcp-proxy.ts'
import { oneRow } from '../../../sinks/redis/totals-model.ts'

const channel = 'artist:a1'
const history = { history: { size: 100, seconds: 0 } }

test('a connection whose other end is gone without a word, or has become a replica, is made anew', async (t) => {
  const [first, second] = await Promise.all([redisServer(), redisServer()])
  const wire = await tcpProxy(first.port)
  const publisher = redisConnection(`redis://127.0.0.1:${wire.port}`, pino({ level: 'silent' }), 50)
  const one = new Redis(first.url)
  t.after(async () => {
    for (const redis of [one, publisher]) redis.disconnect()
    wire.close()
    await Promise.all([first.close(), second.close()])
  })
  let connections = 0
  publisher.on('ready', () => connections++)
  await publisher.connect()
  const publish = redisPublisher(publisher, '')
  await publish(channel, 'a', history)
  wire.freeze('present')
  await until(() => connections === 2, { what: 'another connection' })
  assert.equal((await publish(channel, 'b', history)).offset, 2)

  wire.leadTo(second.port)
  await one.replicaof('127.0.0.1', second.port)
  await assert.rejects(publish(channel, 'c', history), /READONLY/)
  await until(() => connections === 3, { what: 'a connection to the primary' })
  assert.equal((await publish(channel, 'c', history)).offset, 1)
})

test('a server that was failed over to another and back begins a new epoch, though its connections have seen nothing', async (t) => {
  const atOnce = ['--repl-diskless-sync-delay', '0']
  const [first, second] = await Promise.all([redisServer(...atOnce), redisServer(...atOnce)])
  const [one, other] = [new Redis(first.url), new Redis(second.url)]
  const publisher = redisConnection(first.url, pino({ level: 'silent' }))
  const store = new TotalsStore({ redisUrl: first.url, keyPrefix: '', k: 1 })
  t.after(async () => {
    store.close()
    for (const redis of [one, other, publisher]) redis.disconnect()
    await Promise.all([first.close(), second.close()])
  })
  await other.replicaof('127.0.0.1', first.port)
  const isReplica = async (redis: Redis) =>
    (await redis.info('replication')).includes('master_link_status:up')
  await until(() => isReplica(other), { what: 'the replica' })
  await publisher.connect()
  const publish = redisPublisher(publisher, '')
  await store.connect()
  await store.begin('t', new Map([[0, 0n]]))
  const { meta } = channelKeys('', channel)
  const totals = totalsKeys('').scriptKeys[7]!
  const begun = await publish(channel, 'a', history)
  assert.equal(await store.apply('t', oneRow(0, 1)), 'published')
  await until(async () => (await other.hget(totals, 'offset')) === '1', { what: 'what has been replicated' })

  await other.replicaof('NO', 'ONE')
  const lost = await publish(channel, 'lost', history)
  assert.deepEqual(lost, { ...begun, offset: 2 })
  await one.replicaof('127.0.0.1', second.port)
  await until(() => isReplica(one), { what: 'the former primary to follow' })
  await one.replicaof('NO', 'ONE')
  assert.equal(await one.hget(meta, 'offset'), '1', 'the tail is lost')

  const next = await publish(channel, 'b', history)
  assert.equal(next.offset, 1)
  assert.notEqual(next.epoch, begun.epoch)
  const epoch = await one.hget(totals, 'epoch')
  assert.equal(await store.apply('t', oneRow(1, 2)), 'published')
  assert.notEqual(await one.hget(totals, 'epoch'), epoch)
})
