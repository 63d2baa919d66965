import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, after, afterEach, before, test } from 'node:test'
import { topics } from '../../../schemas/topics.ts'
import { startTotalsSink } from '../../../sinks/redis/totals-sink.ts'
import { startStack } from '../../../stack/index.ts'
import { freePort } from '../../../stack/ports.ts'
import { tcpProxy } from '../../gateway/kit/tcp-proxy.ts'
import { until } from '../../kit/until.ts'
import { sinkRoom } from '../sink-room.ts'
import { sinksProcess } from '../../kit/role-process.ts'
import { redisRoom } from './room.ts'
import { artistTotal } from './totals-model.ts'

const live = topics.artistTotalsLive
let room: Awaited<ReturnType<typeof sinkRoom>>
before(async () => (room = await sinkRoom()))
afterEach(() => room.recreate(live))
after(() => room.close())

/** A Redis of the test's own, which it may freeze. */
async function ownRedis(t: TestContext, port: number) {
  const dataDir = await mkdtemp(join(tmpdir(), 'continuo-redis-'))
  const stack = await startStack({
    dataDir,
    only: ['redis'],
    ports: { redis: port },
    progress: () => undefined,
  })
  const signal = (name: NodeJS.Signals) => process.kill(stack.pid('redis')!, name)
  t.after(async () => {
    signal('SIGCONT')
    await stack.stop()
    await rm(dataDir, { recursive: true, force: true })
  })
  return { url: stack.urls.redisUrl!, freeze: () => signal('SIGSTOP') }
}

const send = (plays: number) => room.send(live, 0, [artistTotal({ artist: 'a', window: 1, plays, ms: 0 })])

test('a sink that is started before Redis waits for it', async (t) => {
  const port = await freePort()
  const { options, crashes, registry } = room.surroundings(randomUUID())
  const starting = startTotalsSink({
    ...options,
    redis: { redisUrl: `redis://127.0.0.1:${port}`, keyPrefix: '', k: 1 },
  })
  const failures = async () =>
    /continuo_sink_failures_total\{sink="redis"\} [3-9]/.test(await registry.metrics())
  await until(failures, { what: 'Redis to have been missed thrice' })
  await ownRedis(t, port)
  const sink = await starting
  t.after(() => sink.stop())
  await until(() => sink.ready(), { within: 20_000, what: 'the sink to be ready' })
  assert.deepEqual(crashes, [])
})

test('a sink whose Redis is frozen is not ready, and ends in time', async (t) => {
  const redis = await ownRedis(t, 0)
  const sink = await sinksProcess('redis', {
    ...room.env,
    REDIS_URL: redis.url,
    APPLICATION_ID: randomUUID(),
  })
  t.after(() => sink.kill())
  await until(() => sink.ready(), { within: 20_000, what: 'the sink to be ready' })
  redis.freeze()
  await send(1)
  await until(async () => !(await sink.ready()), { what: 'the silence to be noticed' })
  assert.equal(await sink.stop(), 0, sink.output)
})

test('a connection that swallows what is sent is replaced', async (t) => {
  const redis = await redisRoom()
  const wire = await tcpProxy(Number(new URL(redis.redisUrl).port))
  const { options, crashes } = room.surroundings(randomUUID())
  const sink = await startTotalsSink({
    ...options,
    redis: { redisUrl: `redis://127.0.0.1:${wire.port}`, keyPrefix: redis.keyPrefix, k: 1 },
  })
  t.after(async () => {
    await sink.stop()
    wire.close()
    await redis.close()
  })
  await until(() => sink.ready(), { within: 20_000, what: 'the sink to be ready' })
  await send(1)
  await until(async () => (await redis.log()).length === 1, { what: 'the first message' })
  wire.freeze('present')
  await send(2)
  await until(async () => (await redis.log()).length === 2, { within: 20_000, what: 'the second message' })
  await until(() => sink.ready(), { what: 'the sink to be ready again' })
  assert.deepEqual(crashes, [])
})
