import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Redis } from 'ioredis'
import { withAdmin } from '../../../pipelines/engine/kafka/admin.ts'
import { registryAt } from '../../../schemas/registry-at.ts'
import { connectClickhouse } from '../../../sinks/clickhouse/client.ts'
import { type Stack, startStack } from '../../../stack/index.ts'
import { freePort } from '../../../stack/ports.ts'
import { until } from '../../kit/until.ts'
import { doctorRoom } from './doctor-room.ts'

let stack: Stack
let dataDir: string
let system: { env: Record<string, string>; dataDir: string }
let room: ReturnType<typeof doctorRoom>
before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'continuo-doctor-'))
  const ports = { kafka: 0, schemaRegistry: 0, redis: 0, clickhouse: 0 }
  stack = await startStack({ dataDir, ports, progress: () => undefined })
  const { kafkaBrokers, schemaRegistryUrl, redisUrl, clickhouseUrl } = stack.urls
  const env = {
    KAFKA_BROKERS: kafkaBrokers!,
    SCHEMA_REGISTRY_URL: schemaRegistryUrl!,
    REDIS_URL: redisUrl!,
    CLICKHOUSE_URL: clickhouseUrl!,
  }
  system = { env, dataDir }
  // Nobody runs whose records the brokers would stamp.
  room = doctorRoom(system, ['clock'])
})
after(async () => {
  await stack.stop()
  await rm(dataDir, { recursive: true, force: true })
})

test('before and after `continuo migrate`', async (t) => {
  assert.deepEqual(Object.keys(await room.notOk('Kafka')), ['topics'])
  assert.deepEqual(Object.keys(await room.notOk('Schema registry')), ['subjects'])
  assert.equal((await room.notOk('ClickHouse')).answers?.remedy, 'run `continuo migrate`')
  assert.equal((await room.continuo(t, ['migrate'])).code, 0)
  for (const title of ['Kafka', 'Schema registry', 'Redis', 'ClickHouse'] as const)
    assert.deepEqual(await room.notOk(title), {})
})

const APPLY = /^`continuo topics plan`, then `continuo topics apply`$/
const BY_HAND = /^kafka-configs .* --entity-name push-outcomes --add-config 'retention.ms=\[2592000000\]'$/
const WEEK = '604800000'
const NAMED = /^people are named for longer: plays: retention.ms 604800000 \(7 days\), not 86400000/
const REFUSED = /no writes are taken by plays-clean \(min.insync.replicas 2, in sync 1 of 1\)/
const SHORT = /^plays-clean: retention.ms 60000 \(60 s\), not 2592000000 \(30 days\)$/
const SMALL = /refused by plays-clean: max.message.bytes 100000$/
const SMALLER = /^dead-letters: max.message.bytes 1048588, not 4194304$/

test('settings of topics: each that is another is named, with what it should be', async () => {
  for (const [topic, setting, name, state, found, remedy] of [
    ['plays-clean', ['cleanup.policy', 'compact'], 'cleanup', 'bad', /policy compact, not delete$/, APPLY],
    ['plays', ['retention.ms', WEEK], 'retention', 'bad', NAMED, APPLY],
    ['plays-clean', ['retention.ms', '60000'], 'retention', 'warn', SHORT, APPLY],
    ['push-outcomes', ['retention.ms', '60000'], 'retention', 'warn', /^push-outcomes/, BY_HAND],
    ['plays', ['message.timestamp.type', 'CreateTime'], 'timestamps', 'bad', /not LogAppendTime$/, APPLY],
    ['dead-letters', ['max.message.bytes', '1048588'], 'record size', 'bad', SMALLER, APPLY],
    ['plays-clean', ['max.message.bytes', '100000'], 'record size', 'bad', SMALL, /of these topics$/],
    ['plays-clean', ['min.insync.replicas', '2'], 'in sync', 'bad', REFUSED, /more than there are copies/],
  ] as const)
    await room.withTopic(topic, setting, () => room.alone('Kafka', name, state, found, remedy))
  assert.deepEqual(await room.notOk('Kafka'), {})
})

test('settings of brokers that can be changed while they run', async () => {
  const set = (configEntries: { name: string; value: string }[]) =>
    withAdmin(room.kafka, (admin) =>
      admin.alterConfigs({ validateOnly: false, resources: [{ type: 4, name: '1', configEntries }] }),
    )
  try {
    await set([{ name: 'message.max.bytes', value: '100000' }])
    await room.alone(
      'Kafka',
      'record size',
      'bad',
      /524288 bytes are refused by plays: .*, and \d+ more$/,
      /^message.max.bytes=1048588/,
    )
    await set([{ name: 'unclean.leader.election.enable', value: 'true' }])
    await room.alone('Kafka', 'leaders', 'warn', /they are lost$/, /unclean.leader.election.enable=false/)
  } finally {
    await set([])
  }
  assert.deepEqual(await room.notOk('Kafka'), {})
})

test('topics that are missing or have another number of partitions', async (t) => {
  await withAdmin(room.kafka, (admin) => admin.deleteTopics({ topics: ['erasure-requests'] }))
  const missing = async () => (await room.notOk('Kafka')).topics
  const found = await until(missing, { what: 'the topic to be missing' })
  assert.deepEqual(found, { state: 'bad', found: 'missing: erasure-requests', remedy: '`continuo migrate`' })
  assert.equal((await room.continuo(t, ['migrate'])).code, 0)
  assert.deepEqual(await room.notOk('Kafka'), {})
  const { partitions } = await room.notOk('Kafka', { env: { PARTITIONS: '3' } })
  assert.match(partitions!.found, /^plays has 2, not 3, .*, and \d+ more$/)
  assert.match(partitions!.remedy, /^set PARTITIONS to what it was made with/)
})

test('the registry: compatibility of subjects and by default, versions, subjects', async (t) => {
  const url = system.env['SCHEMA_REGISTRY_URL']!
  const ask = registryAt(url)
  const post = (path: string, method: string, body?: unknown) =>
    fetch(url + path, {
      method,
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
  const level = (path: string, compatibility: string) => ask(path, { compatibility })
  await level('/config/plays-value', 'BACKWARD')
  await room.alone(
    'Schema registry',
    'compatibility',
    'bad',
    /registered for plays-value \(BACKWARD\)$/,
    /^curl -X PUT .*config\/plays-value"$/,
  )
  await post('/config/plays-value', 'DELETE')
  await room.alone('Schema registry', 'compatibility', 'bad', /plays-value \(NONE(, by default)?\)$/, /^curl/)
  await level('/config', 'FULL_TRANSITIVE')
  assert.deepEqual(await room.notOk('Schema registry'), {})
  await level('/config/plays-value', 'FULL_TRANSITIVE')
  await level('/config', 'NONE')

  const { schema } = (await ask('/subjects/artists-value/versions/latest')) as { schema: string }
  const artist = JSON.parse(schema) as { fields: unknown[] }
  const more = { name: 'shoeSize', type: ['null', 'int'], default: null }
  const register = (fields: unknown[]) =>
    post('/subjects/artists-value/versions', 'POST', { schema: JSON.stringify({ ...artist, fields }) })
  assert.ok((await register([...artist.fields, more])).ok)
  await room.alone(
    'Schema registry',
    'versions',
    'warn',
    /does not know version 2 of artists-value$/,
    /newest release/,
  )
  await level('/config/artists-value', 'NONE')
  assert.ok((await register([{ name: 'shoeSize', type: 'int' }])).ok)
  await level('/config/artists-value', 'FULL_TRANSITIVE')
  await room.alone(
    'Schema registry',
    'versions',
    'bad',
    /^artists-value: .*shoeSize/,
    /continuo schemas diff --registry/,
  )

  for (const version of [3, 2]) await post(`/subjects/artists-value/versions/${version}`, 'DELETE')
  await post('/subjects/erasure-requests-value', 'DELETE')
  await room.alone(
    'Schema registry',
    'subjects',
    'bad',
    /^not registered: erasure-requests-value$/,
    /continuo migrate/,
  )
  assert.equal((await room.continuo(t, ['migrate'])).code, 0)
  assert.deepEqual(await room.notOk('Schema registry'), {})
})

test('Redis: what it keeps, what it throws away, who may ask', async (t) => {
  const redis = new Redis(system.env['REDIS_URL']!)
  t.after(() => redis.disconnect())
  const get = async (name: string) => ((await redis.config('GET', name)) as string[])[1]!
  for (const [setting, value, name, state, found, remedy] of [
    ['appendonly', 'no', 'persistence', 'warn', /a restart loses everything/, /CONFIG SET appendonly yes/],
    ['appendfsync', 'no', 'persistence', 'warn', /half a minute/, /appendfsync everysec/],
    [
      'maxmemory-policy',
      'allkeys-lru',
      'eviction',
      'bad',
      /maxmemory-policy allkeys-lru/,
      /maxmemory-policy noeviction/,
    ],
    ['maxmemory-policy', 'volatile-ttl', 'eviction', 'bad', /volatile-ttl/, /noeviction/],
    [
      'notify-keyspace-events',
      'KEA',
      'keyspace events',
      'warn',
      /is told to nobody/,
      /notify-keyspace-events ''/,
    ],
  ] as const) {
    const before = await get(setting)
    await redis.config('SET', setting, value)
    await room.alone('Redis', name, state, found, remedy)
    await redis.config('SET', setting, before)
  }
  const used = Number(/used_memory:(\d+)/.exec(await redis.info('memory'))![1])
  await redis.config('SET', 'maxmemory', String(Math.ceil(used * 1.15)))
  await room.alone('Redis', 'memory', 'warn', /it refuses writes/, /higher maxmemory/)
  await redis.config('SET', 'maxmemory', '0')

  await redis.replicaof('127.0.0.1', String(await freePort()))
  await room.alone(
    'Redis',
    'role',
    'bad',
    /^a replica of 127\.0\.0\.1, which takes no writes/,
    /REPLICAOF NO ONE/,
  )
  await redis.replicaof('NO', 'ONE')

  await redis.acl('SETUSER', 'modest', 'on', '>secret', '~*', '&*', '+@all', '-config')
  const modest = await room.notOk('Redis', {
    env: { REDIS_URL: system.env['REDIS_URL']!.replace('//', '//modest:secret@') },
  })
  assert.deepEqual(
    Object.entries(modest).map(([name, { state }]) => [name, state]),
    [
      ['persistence', 'unknown'],
      ['keyspace events', 'unknown'],
    ],
  )
  await redis.acl('DELUSER', 'modest')
  assert.deepEqual(await room.notOk('Redis'), {})
})

test('ClickHouse: a window of 0 is what the sink would not start with; the exit code is 1, in JSON, too', async (t) => {
  const client = connectClickhouse({ url: system.env['CLICKHOUSE_URL']!, database: 'continuo' })
  t.after(() => client.close())
  const windowOf = (blocks: number) =>
    client.command({
      query: `ALTER TABLE plays MODIFY SETTING non_replicated_deduplication_window = ${blocks}`,
    })
  await windowOf(0)
  const asJson = room.doctor(t, ['--json'])
  const { code, stdout } = await room.doctor(t)
  assert.equal(code, 1)
  assert.match(
    stdout,
    /^ {2}✘ deduplication window {3}continuo\.plays: .*twice\n +→ ALTER TABLE continuo\.plays MODIFY SETTING .* = 10000$/m,
  )
  const json = await asJson
  assert.equal(json.code, 1)
  const findings = JSON.parse(json.stdout) as { service: string; name: string; state: string }[]
  const bad = findings.filter(({ state }) => state === 'bad')
  assert.deepEqual(
    bad.map(({ service, name }) => [service.split(' at ')[0], name]),
    [['ClickHouse', 'deduplication window']],
  )
  await windowOf(10_000)
  assert.deepEqual(await room.notOk('ClickHouse'), {})
  const nowhere = await room.notOk('ClickHouse', { env: { CLICKHOUSE_DATABASE: 'absent' } })
  assert.match(nowhere.answers!.found, /^it does not tell: ClickHouse refuses .*absent does not exist/)
  assert.equal(nowhere.answers!.remedy, 'run `continuo migrate`')
})

test('services that are away are a line each, without a password, and the others are looked at all the same', async (t) => {
  const [kafkaPort, redisPort, registryPort, clickhousePort] = await Promise.all(
    [0, 0, 0, 0].map(() => freePort()),
  )
  const [one, other] = await Promise.all([
    room.doctor(t, [], {
      KAFKA_BROKERS: `127.0.0.1:${kafkaPort}`,
      REDIS_URL: `redis://:S3CRET@127.0.0.1:${redisPort}`,
    }),
    room.doctor(t, [], {
      SCHEMA_REGISTRY_URL: `http://u:S3CRET@127.0.0.1:${registryPort}`,
      CLICKHOUSE_URL: `http://u:S3CRET@127.0.0.1:${clickhousePort}`,
    }),
  ])
  const away = (title: string, port: number, variable: string) =>
    new RegExp(
      `^  ✘ answers +${title} at 127\\.0\\.0\\.1:${port} \\(${variable}\\) does not answer\\n +→ \`npm start\` brings one up, or set ${variable}\\n\\n`,
      'm',
    )
  assert.deepEqual([one.code, other.code], [1, 1])
  assert.match(one.stdout, away('Kafka', kafkaPort!, 'KAFKA_BROKERS'))
  assert.match(one.stdout, away('Redis', redisPort!, 'REDIS_URL'))
  assert.match(one.stdout, /✔ compatibility[^]*✔ dependent views/)
  assert.match(other.stdout, away('The schema registry', registryPort!, 'SCHEMA_REGISTRY_URL'))
  assert.match(other.stdout, away('ClickHouse', clickhousePort!, 'CLICKHOUSE_URL'))
  assert.match(other.stdout, /✔ transactions[^]*✔ eviction/)
  for (const { stdout, stderr } of [one, other]) assert.doesNotMatch(stdout + stderr, /S3CRET/)
})
