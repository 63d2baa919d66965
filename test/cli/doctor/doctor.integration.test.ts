import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { connectClickhouse } from '../../../sinks/clickhouse/client.ts'
import { freePort } from '../../../stack/ports.ts'
import { type System, startSystem } from '../../kit/system.ts'
import { doctorRoom } from './doctor-room.ts'

let system: System
let room: ReturnType<typeof doctorRoom>
before(async () => {
  system = await startSystem()
  room = doctorRoom(system)
})
after(() => system.stop())

test('what `continuo start --dev` brings up is in order, all of it', async (t) => {
  const { code, stdout, stderr } = await room.doctor(t)
  assert.equal(code, 0, stdout + stderr)
  assert.doesNotMatch(stdout, /^ {2}[!✘?]/m)
  assert.match(stdout, /^Kafka at 127\.0\.0\.1:\d+$/m)
  assert.match(stdout, /, 0 ! to think about, 0 ✘ to mend, 0 \? not known\n$/)
})

test('clocks: of each service, by how much this machine is wrong', async () => {
  for (const title of ['Kafka', 'Redis', 'ClickHouse'] as const) {
    const shifted = async (ms: number) => (await room.notOk(title, { now: () => Date.now() + ms })).clock
    const slow = await shifted(-5_000)
    assert.equal(slow?.state, 'warn', title)
    assert.match(slow.found, /^[45]\.\d\d s ahead of this machine, give or take \d\.\d\d s$/)
    const fast = await shifted(90_000)
    assert.equal(fast?.state, 'bad', title)
    assert.match(fast.found, /^(89|90) s behind this machine/)
    assert.match(fast.remedy, /NTP/)
  }
  const untold = await room.notOk('Kafka', { env: { TOPIC_PREFIX: 'nobody.' } })
  assert.equal(untold.clock?.state, 'unknown')
})

test('ClickHouse: a window of 0 is what the sink would not start with; the exit code is 1, in JSON, too', async (t) => {
  const database = 'continuo'
  const client = connectClickhouse({ url: system.env.CLICKHOUSE_URL!, database })
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
