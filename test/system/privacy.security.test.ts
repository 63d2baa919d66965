import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { withAdmin } from '../../pipelines/engine/kafka/admin.ts'
import { readToEnd } from '../../pipelines/engine/kafka/read-to-end.ts'
import type { Topic } from '../../schemas/topic.ts'
import { cleanTopics, topics } from '../../schemas/topics.ts'
import { rawPlay, rawPreference, rawReaction } from '../kit/builders.ts'
import { rowsOf } from '../kit/conservation.ts'
import { type System, startSystem } from '../kit/system.ts'
import { until } from '../kit/until.ts'

const USER = 'ada.lovelace+probe@example.org'
const IP = '203.0.113.77'
const NEVER = Date.UTC(2099, 0, 1)

let system: System

before(async () => {
  system = await startSystem()
  await sendProbes(system)
  await importProbe(system)
  await until(async () => (await rowsOf(system, topics.deadLetters)).length === 2 * cleanTopics.size, {
    within: 60_000,
    what: 'the two bad probes of each raw topic to be set aside',
  })
  for (const clean of cleanTopics.values())
    await until(async () => (await rowsOf(system, clean)).length > 0, {
      within: 60_000,
      what: `the good probe to reach ${clean.name}`,
    })
  await until(async () => (await textOfClickhouse(system)).includes('import:'), {
    within: 60_000,
    what: 'the imported play to reach ClickHouse',
  })
})
after(() => system.stop())

for (const raw of cleanTopics.keys())
  test(`the search finds the user and the address where they may be: in ${raw}`, async () => {
    const text = await textOfTopics(system, (name) => name === raw)
    assert.deepEqual(traces(text), ['user', 'address'])
  })

const elsewhere: Record<string, () => Promise<string>> = {
  'any other topic': () => textOfTopics(system, (name) => !cleanTopics.has(name)),
  Redis: () => textOfRedis(system),
  ClickHouse: () => textOfClickhouse(system),
  'the logs': () => textOfLogs(system),
  'the metrics': () => textOfMetrics(system),
}

for (const [place, read] of Object.entries(elsewhere)) {
  test(`no trace of the user or the address in ${place}`, async () => {
    const text = await read()
    assert.notEqual(text.length, 0, `${place} was empty: the search would find nothing anyway`)
    assert.deepEqual(traces(text), [])
  })
}

/** What of the probe a text contains: as it is, in base64 or in hex. */
function traces(text: string): string[] {
  const seen = (secret: string) =>
    [
      secret,
      Buffer.from(secret).toString('base64').replace(/=+$/, ''),
      Buffer.from(secret).toString('hex'),
    ].some((form) => text.includes(form))
  return Object.entries({ user: USER, address: IP }).flatMap(([name, secret]) => (seen(secret) ? [name] : []))
}

/** Of each raw topic a good record, one that does not validate, and one that does not decode: all of the same person. */
async function sendProbes({ kafka, codec }: System): Promise<void> {
  const producer = kafka.producer()
  await producer.connect()
  async function send<V>(topic: Topic<V>, good: V, invalid: V): Promise<void> {
    const undecodable = Buffer.from(`{"userId":"${USER}","ip":"${IP}"}`)
    await producer.send({
      topic: topic.name,
      messages: [codec.encode(topic, good), codec.encode(topic, invalid), undecodable].map((value) => ({
        key: USER,
        value,
        headers: { source: 'app', user: USER, address: IP },
      })),
    })
  }
  const from = () => ({ eventId: randomUUID(), userId: USER })
  const play = () => rawPlay({ ...from(), ip: IP, playedAt: Date.now() })
  await send(topics.plays, play(), { ...play(), playedAt: NEVER })
  const reaction = () => rawReaction({ ...from(), reactedAt: Date.now() })
  await send(topics.reactions, { ...reaction(), source: USER }, { ...reaction(), kind: USER })
  const preference = () => rawPreference({ ...from(), changedAt: Date.now() })
  await send(topics.preferences, { ...preference(), source: USER }, { ...preference(), value: IP })
  await producer.disconnect()
}

async function importProbe({ env }: System): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'continuo-export-'))
  const file = join(folder, 'StreamingHistory0.json')
  const row = {
    endTime: '2024-05-01 10:00',
    artistName: 'An Artist',
    trackName: 'A Track',
    msPlayed: 180_000,
  }
  await writeFile(file, JSON.stringify([row]))
  const program = join(import.meta.dirname, '../../cli/main.ts')
  await promisify(execFile)(process.execPath, [program, 'import', 'spotify', '--user', USER, file], { env })
  await rm(folder, { recursive: true })
}

async function textOfTopics({ kafka }: System, wanted: (name: string) => boolean): Promise<string> {
  const { topics: found } = await withAdmin(kafka, async (admin) =>
    admin.fetchTopicMetadata({ topics: (await admin.listTopics()).filter(wanted) }),
  )
  const partitions = found.flatMap(({ name, partitions: ids }) =>
    ids.map(({ partitionId }) => ({ topic: name, partition: partitionId })),
  )
  let text = ''
  await readToEnd(kafka, partitions, ({ key, value, headers }) => {
    text += `${key?.toString('latin1') ?? ''}\n${value?.toString('latin1') ?? ''}\n`
    text += `${Object.values(headers).flat().map(String).join('\n')}\n`
  })
  return text
}

async function textOfRedis({ env }: System): Promise<string> {
  const redis = new Redis(env['REDIS_URL'] ?? '')
  const keys = await redis.keys('*')
  const dumps = await Promise.all(keys.map((key) => redis.dumpBuffer(key)))
  await redis.quit()
  return keys.join('\n') + Buffer.concat(dumps).toString('latin1')
}

async function textOfClickhouse({ clickhouse, database }: System): Promise<string> {
  const tables = await clickhouse.query({ query: `SHOW TABLES FROM ${database}`, format: 'JSONEachRow' })
  const names = (await tables.json<{ name: string }>()).map(({ name }) => name)
  const texts = names.map(async (name) => {
    const rows = await clickhouse.query({ query: `SELECT * FROM ${database}.${name}`, format: 'JSONEachRow' })
    return rows.text()
  })
  return (await Promise.all(texts)).join('\n')
}

async function textOfLogs({ dataDir }: System): Promise<string> {
  const folder = join(dataDir, 'logs')
  const texts = (await readdir(folder)).map((name) => readFile(join(folder, name), 'latin1'))
  return (await Promise.all(texts)).join('\n')
}

async function textOfMetrics({ env }: System): Promise<string> {
  const ports = ['RUN_HEALTH_PORT', 'SINKS_HEALTH_PORT', 'GATEWAY_HEALTH_PORT', 'DASHBOARD_HEALTH_PORT']
  const texts = ports.map(async (name) => (await fetch(`http://127.0.0.1:${env[name]}/metrics`)).text())
  return (await Promise.all(texts)).join('\n')
}
