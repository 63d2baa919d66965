import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createClient } from '@clickhouse/client'
import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry'
import { Redis } from 'ioredis'
import { Kafka, logLevel } from 'kafkajs'
import { serviceNames, startStack, type Stack } from '../../stack/index.ts'
import { until } from '../kit/until.ts'

let dataDir: string
let stack: Stack
const lines: string[] = []

before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'continuo-stack-'))
  stack = await startStack({
    dataDir,
    ports: { kafka: 0, schemaRegistry: 0, redis: 0, clickhouse: 0 },
    progress: (line) => lines.push(line),
    restart: true,
  })
})

after(async () => {
  await stack.stop()
  await rm(dataDir, { recursive: true })
})

function kafka(): Kafka {
  return new Kafka({ brokers: [stack.urls.kafkaBrokers ?? ''], logLevel: logLevel.NOTHING })
}

test('all four are up, each told in a line with its port', () => {
  for (const title of ['Kafka', 'Schema registry', 'Redis', 'ClickHouse'])
    assert.ok(
      lines.some((line) => new RegExp(`^${title} is up on port \\d+ \\([\\d.]+ s\\)$`).test(line)),
      `${title} in:\n${lines.join('\n')}`,
    )
  for (const name of serviceNames) assert.ok(stack.pid(name))
})

test('what was produced to Kafka outlives a kill', async () => {
  const topics = [{ topic: 'kept', numPartitions: 1, replicationFactor: 1 }]
  const admin = kafka().admin()
  await admin.createTopics({ topics, waitForLeaders: true })
  await admin.disconnect()
  const producer = kafka().producer()
  await producer.connect()
  await producer.send({ topic: 'kept', messages: [{ value: 'one' }, { value: 'two' }] })
  await producer.disconnect()

  await stack.kill('kafka')
  await stack.start('kafka')
  const again = kafka().admin()
  const [partition] = await again.fetchTopicOffsets('kept')
  await again.disconnect()
  assert.equal(partition?.high, '2')
})

test('the broker creates no topic by being asked for one', async () => {
  const admin = kafka().admin()
  await assert.rejects(admin.fetchTopicMetadata({ topics: ['misspelt'] }))
  assert.ok(!(await admin.listTopics()).includes('misspelt'))
  await admin.disconnect()
})

test('a schema keeps its id over a kill', async () => {
  const registry = () => new SchemaRegistry({ host: stack.urls.schemaRegistryUrl ?? '' })
  const schema = { type: SchemaType.AVRO as const, schema: '{"type":"record","name":"R","fields":[]}' }
  const { id } = await registry().register(schema, { subject: 'kept-value' })
  await stack.kill('schemaRegistry')
  await stack.start('schemaRegistry')
  assert.equal(await registry().getLatestSchemaId('kept-value'), id)
})

test('what was written to Redis outlives a kill', async () => {
  const redis = new Redis(stack.urls.redisUrl ?? '', { lazyConnect: true })
  await redis.set('kept', 'yes')
  // The append-only file is written at once and synced each second: the first is enough when only the process ends.
  redis.disconnect()
  await stack.kill('redis')
  await stack.start('redis')
  const again = new Redis(stack.urls.redisUrl ?? '')
  assert.equal(await again.get('kept'), 'yes')
  again.disconnect()
})

test('rows in ClickHouse, and the tokens of their inserts, outlive a kill', async () => {
  const client = createClient({ url: stack.urls.clickhouseUrl })
  const insert = () =>
    client.insert({
      table: 'app.once',
      values: [{ n: 1 }],
      format: 'JSONEachRow',
      clickhouse_settings: { insert_deduplication_token: 'plays-0-100-199', async_insert: 0 },
    })
  await client.command({ query: 'CREATE DATABASE app' })
  await client.command({
    query:
      'CREATE TABLE app.once (n UInt8) ENGINE = MergeTree ORDER BY n SETTINGS non_replicated_deduplication_window = 100',
  })
  await insert()
  await stack.kill('clickhouse')
  await stack.start('clickhouse')
  await insert()
  const count = await client.query({ query: 'SELECT count() AS c FROM app.once', format: 'JSONEachRow' })
  assert.deepEqual(await count.json(), [{ c: 1 }])
  await client.close()
})

test('a service that ends by itself is started again, on its port', async () => {
  const pid = stack.pid('redis')
  assert.ok(pid)
  process.kill(pid, 'SIGKILL')
  await until(() => stack.pid('redis') !== undefined && stack.pid('redis') !== pid, { what: 'a new Redis' })
  assert.ok(lines.includes('Redis was ended by SIGKILL; starting it again'))
  const redis = new Redis(stack.urls.redisUrl ?? '')
  assert.equal(await redis.ping(), 'PONG')
  redis.disconnect()
})

test('a second start on the same data folder is refused', async () => {
  await assert.rejects(startStack({ dataDir, progress: () => {} }), {
    code: 'data_folder_locked',
    message: new RegExp(`in use by process ${process.pid}`),
  })
})

test('a port in use is told before anything starts, and nothing stays behind', async (t) => {
  const other = await mkdtemp(join(tmpdir(), 'continuo-stack-'))
  t.after(() => rm(other, { recursive: true }))
  const port = Number(new URL(stack.urls.redisUrl ?? '').port)
  const started: string[] = []
  const start = (ports: { redis: number }) =>
    startStack({ dataDir: other, only: ['redis'], ports, progress: (line) => started.push(line) })
  await assert.rejects(start({ redis: port }), {
    code: 'port_in_use',
    message: `port ${port}, which Redis needs, is in use: stop what listens there, or set CONTINUO_REDIS_PORT to another port, or REDIS_URL to use your own Redis`,
  })
  assert.deepEqual(started, [])
  // The folder was given back.
  await (await start({ redis: 0 })).stop()
})

test('a start that is given up stops what it has begun', async (t) => {
  const other = await mkdtemp(join(tmpdir(), 'continuo-stack-'))
  t.after(() => rm(other, { recursive: true }))
  const signal = AbortSignal.timeout(500)
  const ports = { schemaRegistry: 0 }
  const starting = startStack({ dataDir: other, only: ['schemaRegistry'], ports, progress: () => {}, signal })
  await assert.rejects(starting, { name: 'TimeoutError' })
  await (await startStack({ dataDir: other, only: [], progress: () => {} })).stop()
})

test('a service that cannot be prepared is named, with the remedy', async (t) => {
  const other = await mkdtemp(join(tmpdir(), 'continuo-stack-'))
  t.after(() => rm(other, { recursive: true }))
  const env = { PATH: '', CONTINUO_CACHE: '/dev/null/no-folder' }
  const starting = startStack({
    dataDir: other,
    only: ['redis'],
    ports: { redis: 0 },
    progress: () => {},
    env,
  })
  await assert.rejects(starting, {
    code: 'service_failed',
    message: /^Redis could not be prepared in .*redis/,
  })
})

test('a service that is not part of the stack is not known', async (t) => {
  const other = await mkdtemp(join(tmpdir(), 'continuo-stack-'))
  t.after(() => rm(other, { recursive: true }))
  const none = await startStack({ dataDir: other, only: [], progress: () => {} })
  assert.throws(() => none.pid('kafka'), /kafka is not part of this stack/)
  await none.stop()
})
