import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, after, before, test } from 'node:test'
import type { ScanReport } from '../../../cli/privacy/report.ts'
import { deviceOf, newSubscriber } from '../../../gateway/push/sandbox/subscribers.ts'
import type { Topic } from '../../../schemas/topic.ts'
import { cleanTopics, topics } from '../../../schemas/topics.ts'
import { runCli } from '../../gateway/kit/cli.ts'
import { sdkClient } from '../../gateway/kit/sdk-client.ts'
import { rawPlay, rawPreference, rawReaction } from '../../kit/builders.ts'
import { rowsOf } from '../../kit/conservation.ts'
import { type System, startSystem } from '../../kit/system.ts'
import { until } from '../../kit/until.ts'
import { leaks } from './planted-leaks.ts'

const USER = 'ada.lovelace+probe@example.org'
const IP = '203.0.113.77'
const ENDPOINT = 'https://push.example.org'
const NEVER = Date.UTC(2099, 0, 1)

let system: System
let stateDir: string

before(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'continuo-state-'))
  system = await startSystem({ env: { STATE_DIR: stateDir, ALLOWED_ORIGINS: 'none' } })
  system.env['STATE_DIR'] = stateDir
  await sendProbes(system)
})
after(async () => {
  await system.stop()
  await rm(stateDir, { recursive: true })
})

/** `continuo privacy scan` as a person would run it. */
async function scan(
  t: TestContext,
  identifiers: string[],
  args: string[] = [],
  env: Record<string, string> = {},
) {
  const { process, ended, stdout, stderr } = runCli(
    t,
    ['privacy', 'scan', '--from', '-', '--json', '--data-dir', system.dataDir, ...args],
    { ...(system.env as Record<string, string>), ...env },
  )
  process.stdin?.end(identifiers.join('\n'))
  const code = await ended
  return { code, said: stdout() + stderr(), report: JSON.parse(stdout()) as ScanReport }
}

const planted = leaks.map((leak) => ({ ...leak, id: leak.id ?? `leak-${randomUUID()}@example.org` }))
const plantedIds = planted.map(({ id }) => id)

test('after a full run the user, the address and the device are found in the raw topics, and nowhere else', async (t) => {
  await importProbe(t)
  await tellGateway(t)
  await everythingArrived()
  const { code, said, report } = await scan(t, [USER, IP, ENDPOINT, ...plantedIds])
  assert.equal(code, 0, said)
  const found = new Set(report.findings.map(({ container, identifier }) => `${container} #${identifier}`))
  const wanted = [...cleanTopics.keys()].flatMap((raw) => [`topic ${raw} #1`, `topic ${raw} #2`])
  assert.deepEqual([...found].sort(), wanted.sort())
  const empty = report.places.filter(({ containers }) => containers === 0).map(({ place }) => place)
  assert.deepEqual(empty, ['models'], 'where there is nothing, nothing would be found anyway')
  for (const secret of [USER, IP, ENDPOINT]) assert.ok(!said.includes(secret))
})

for (const [place, its] of Map.groupBy(planted, ({ in: name }) => name))
  test(`what is planted turns it red in ${place}: ${its.map(({ what }) => what).join(', ')}`, async (t) => {
    const more: string[] = []
    for (const { plant, id } of its) more.push(...((await plant(system, id)) ?? []))
    const ids = its.map(({ id }) => id)
    const { code, said, report } = await scan(t, ids, ['--in', place, ...more])
    assert.equal(code, 1, said)
    for (const [index, { what, form, at }] of its.entries()) {
      const found = report.findings.filter(({ identifier }) => identifier === index + 1)
      assert.ok(
        found.some((each) => each.form === form && at.test(`${each.container}: ${each.examples.join('; ')}`)),
        `${what}: ${JSON.stringify(found)}`,
      )
    }
    for (const id of ids) assert.ok(!said.includes(id))
  })

test('a place that cannot be reached is named, and is not clean', async (t) => {
  const away = { REDIS_URL: 'redis://127.0.0.1:1' }
  const { code, report } = await scan(t, [USER], ['--in', 'redis,logs', '--logs', '/nowhere'], away)
  assert.equal(code, 2)
  assert.deepEqual(
    report.places.map(({ place, problems }) => [place, /REDIS_URL|nowhere/.exec(problems.join())?.[0]]),
    [
      ['redis', 'REDIS_URL'],
      ['logs', 'nowhere'],
    ],
  )
})

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

async function importProbe(t: TestContext): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'continuo-export-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'StreamingHistory0.json')
  const row = {
    endTime: '2024-05-01 10:00',
    artistName: 'An Artist',
    trackName: 'A Track',
    msPlayed: 180_000,
  }
  await writeFile(file, JSON.stringify([row]))
  const args = ['import', 'spotify', '--user', USER, file]
  const { ended, stderr } = runCli(t, args, system.env as Record<string, string>)
  assert.equal(await ended, 0, stderr())
}

/** The same person at the gateway: a token, an opinion, and a browser that takes pushes. */
async function tellGateway(t: TestContext): Promise<void> {
  const { client, states } = sdkClient(
    t,
    `ws://127.0.0.1:${system.env['GATEWAY_PORT']}/connection/websocket`,
    {
      timeout: 10_000,
      getToken: () => system.tokenOf(USER),
    },
  )
  client.connect()
  await client.ready(30_000).catch((cause: unknown) => assert.fail(JSON.stringify([cause, states])))
  await client.rpc('reaction', { artistId: 'a1', kind: 'like' })
  await client.rpc('subscription', { put: deviceOf(newSubscriber('accept', undefined), ENDPOINT) })
}

async function everythingArrived(): Promise<void> {
  const within = 60_000
  const letters = async () => (await rowsOf(system, topics.deadLetters)).length
  await until(async () => (await letters()) === 2 * cleanTopics.size, {
    within,
    what: 'the two bad probes of each raw topic to be set aside',
  })
  for (const topic of [...cleanTopics.values(), topics.pushSubscriptions])
    await until(async () => (await rowsOf(system, topic)).length > 0, {
      within,
      what: `the good probe to reach ${topic.name}`,
    })
  await until(async () => (await count(`plays WHERE startsWith(source, 'import:')`)) > 0, {
    within,
    what: 'the imported play to reach ClickHouse',
  })
  await until(async () => (await count('dead_letters')) === 2 * cleanTopics.size, {
    within,
    what: 'the dead letters to reach ClickHouse',
  })
}

async function count(rows: string): Promise<number> {
  const query = `SELECT toFloat64(count()) AS n FROM ${system.database}.${rows}`
  const answer = await system.clickhouse.query({ query, format: 'JSONEachRow' })
  return (await answer.json<{ n: number }>())[0]!.n
}
