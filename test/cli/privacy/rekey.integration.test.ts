import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { openRing, pendingIn } from '../../../cli/privacy/key-ring.ts'
import { localWrapper } from '../../../cli/privacy/key-wrapper.ts'
import { otherStages, storesByListener } from '../../../cli/privacy/rekey/listener-stores.ts'
import { groupIdOf } from '../../../cli/privacy/rekey/plan.ts'
import { readRing } from '../../../cli/privacy/ring-file.ts'
import { shapeOf } from '../../../cli/shapes.ts'
import { withAdmin } from '../../../pipelines/engine/kafka/admin.ts'
import { stateOfKey } from '../../../pipelines/engine/kafka/state-of-key.ts'
import { channelKeys, channelOf, ownChannels, presenceKey } from '../../../schemas/channels.ts'
import type { Notification, PushSubscription } from '../../../schemas/events.ts'
import { pseudonyms } from '../../../schemas/pseudonym.ts'
import { openSubscription } from '../../../schemas/push-subscriptions.ts'
import { topics } from '../../../schemas/topics.ts'
import { roleProcess } from '../../kit/role-process.ts'
import { until } from '../../kit/until.ts'
import { requireEnded, requireNoneBeside } from './rekey-beside.ts'
import {
  USERS,
  everything,
  history,
  live,
  old,
  oldNames,
  openWith,
  pipelines,
  privacy,
  rekeyRoom,
  sinks,
  wrapping,
} from './rekey-room.ts'

const PLAYS = 10
const room = rekeyRoom()

/** Has pipelines and sinks carry all that has been sent. */
async function carried(plays: number, lists: number, during?: () => Promise<void>): Promise<void> {
  const running = await Promise.all([pipelines(room), sinks(room)])
  await until(async () => (await room.clickhouse.count('plays')) >= plays, {
    what: `${plays} plays in ClickHouse`,
    within: 120_000,
  })
  await until(async () => (await room.clickhouse.count('recommendations')) >= lists, { what: 'lists' })
  await until(async () => (await listsInRedis()).length >= lists, { what: 'lists in Redis', within: 30_000 })
  for (const topology of ['recommendations', 'listening-totals'])
    await room.kafka.caughtUp(topology, topics.playsClean)
  await during?.()
  for (const each of running) assert.equal(await each.stop(), 0, each.output)
}

const listsInRedis = () =>
  room.redis.keys(`${room.env['REDIS_PREFIX']}channel:{${ownChannels.recommendations}:*}:meta`)

/** Plays by listener, as history tells them. */
async function playsByListener(): Promise<Map<string, number>> {
  const rows = await room.clickhouse.rows<{ listener: string; n: string }>(
    'SELECT listener, count() AS n FROM plays GROUP BY listener',
  )
  return new Map(rows.map(({ listener, n }) => [listener, Number(n)]))
}

const committedBy = (groupId: string, topic: { name: string }) =>
  withAdmin(room.kafka.kafka, async (admin) => {
    const [found] = await admin.fetchOffsets({
      groupId,
      topics: [`${room.env['TOPIC_PREFIX']}${topic.name}`],
    })
    return new Map(found!.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]))
  })

const pushGroup = () => `${room.env['APPLICATION_ID']}.push`

/** Notifications of which the push stage has not said that it is done with them. */
async function waiting(): Promise<string[]> {
  const at = await committedBy(pushGroup(), topics.notifications)
  const records = await room.kafka.records(topics.notifications)
  const left = records.filter(({ partition, offset }) => offset >= at.get(partition)!)
  return left
    .map(({ value }) => room.kafka.codec.decode<Notification>(topics.notifications, value).notificationId)
    .sort()
}

/** Has the push stage stand at the second notification of each partition. */
async function letWait(): Promise<void> {
  const topic = room.kafka.nameOf(topics.notifications)
  await withAdmin(room.kafka.kafka, (admin) =>
    admin.setOffsets({
      groupId: pushGroup(),
      topic,
      partitions: [0, 1].map((partition) => ({ partition, offset: '1' })),
    }),
  )
}

/** Offsets that a rekey has been through. */
async function gone(): Promise<number> {
  const groupId = groupIdOf({ applicationId: room.env['APPLICATION_ID']!, epoch: 2 })
  let sum = 0
  for (const topic of [topics.playsClean, topics.reactionsClean, topics.recommendations])
    for (const offset of (await committedBy(groupId, topic)).values()) sum += Math.max(0, Number(offset))
  return sum
}

/** Tables that are there only while others are copied. */
async function copies(): Promise<number> {
  const [row] = await room.clickhouse.rows<{ n: string }>(
    "SELECT count() AS n FROM system.tables WHERE database = currentDatabase() AND name LIKE '%rekeyed%'",
  )
  return Number(row!.n)
}

/** Rekeys; killed whenever it has come further, so many times. Answers what was said. */
async function rekeyedInPieces(t: TestContext, kills: number): Promise<string> {
  let before = 0
  for (let n = 0; n < kills; n++) {
    const cli = privacy(t, room, 'rekey', '--yes')
    const moved = async () => (await gone()) > before || cli.process.exitCode !== null
    await until(moved, { what: 'it to come further', within: 60_000, every: 1 })
    cli.process.kill('SIGKILL')
    assert.equal(await cli.ended, 'SIGKILL', cli.stderr())
    before = await gone()
  }
  const copying = privacy(t, room, 'rekey', '--yes')
  await until(async () => (await copies()) > 0, { what: 'tables to be copied', within: 60_000, every: 1 })
  copying.process.kill('SIGKILL')
  assert.equal(await copying.ended, 'SIGKILL', copying.stderr())
  t.diagnostic(`killed ${kills + 1} times, last at offset sum ${before}`)
  const refused = await pipelines(room)
  await until(() => refused.ended, { what: 'a start amid it to be refused', within: 30_000 })
  assert.match(refused.output, /epoch 2 of PSEUDONYM_KEYS is pending/)
  const cli = privacy(t, room, 'rekey', '--yes')
  assert.equal(await cli.ended, 0, cli.stderr())
  assert.match(cli.stdout(), /epoch 2 is in use: start everything again/)
  return cli.stdout() + cli.stderr() + refused.output
}

async function newNames() {
  const wrapper = localWrapper({ id: 'w1', bytes: Buffer.from(wrapping, 'base64') })
  const keys = await openRing(readRing(room.ring), [wrapper])
  return { keys, now: pseudonyms(keys) }
}

/** Nowhere that it is looked for is a text found: topics from where they begin, ClickHouse, Redis. */
async function requireNowhere(texts: readonly string[]): Promise<void> {
  for (const [topic, records] of await everything(room))
    for (const { key, value } of records)
      for (const text of texts)
        assert.ok(!`${String(key)} ${value?.toString('latin1')}`.includes(text), `${text} is in ${topic}`)
  const tables = await room.clickhouse.rows<{ name: string }>(
    'SELECT name FROM system.tables WHERE database = currentDatabase()',
  )
  for (const { name } of tables) {
    const rows = JSON.stringify(await room.clickhouse.rows(`SELECT * FROM ${name}`))
    for (const text of texts) assert.ok(!rows.includes(text), `${text} is in table ${name}`)
  }
  const keys = (await room.redis.keys(`${room.env['REDIS_PREFIX']}*`)).join()
  for (const text of texts) assert.ok(!keys.includes(text), `${text} is in Redis`)
}

/** Of each stage that has been started it is said whether what it is given back has pseudonyms. */
async function requireSortedStages(): Promise<void> {
  const sorted = [...Object.keys(storesByListener), ...Object.keys(otherStages)]
  const all = await withAdmin(room.kafka.kafka, (admin) => admin.listTopics())
  const stages = all.flatMap((name) => {
    const isReplay = name.startsWith(room.env['TOPIC_PREFIX']!) && name.endsWith('-replay')
    return isReplay ? [name.slice(room.env['TOPIC_PREFIX']!.length, -'-replay'.length)] : []
  })
  assert.ok(stages.length > 3)
  for (const stage of stages) assert.ok(sorted.includes(stage), `nobody has sorted ${stage}`)
}

/** By a wrong PUSH_KEY nothing is begun, whatever may be left out. */
async function requireKeyAsked(t: TestContext): Promise<void> {
  const env = { ...room.env, PUSH_KEY: wrapping }
  const cli = privacy(t, { ...room, env }, 'rekey', '--yes', '--leave-out')
  assert.equal(await cli.ended, 1)
  assert.match(cli.stderr(), /PUSH_KEY does not open what k1 has sealed/)
  assert.equal(pendingIn(readRing(room.ring)), undefined)
}

const countsOf = (all: Map<string, unknown[]>) =>
  Object.fromEntries([...all].map(([topic, records]) => [topic, records.length]))

/** A gateway is in no group: it shows by who is looking. */
async function requireRefusedWhilePresent(t: TestContext): Promise<void> {
  const key = presenceKey(room.env['REDIS_PREFIX']!, old.listener(USERS[0]!))
  await room.redis.zadd(key, Date.now() + 600_000, 'a gateway')
  const dry = privacy(t, room, 'rekey', '--dry-run')
  assert.equal(await dry.ended, 0, dry.stderr())
  assert.match(dry.stdout(), /in the way: listeners are looking at a gateway: stop it[^]*table plays\n/)
  const cli = privacy(t, room, 'rekey', '--yes')
  assert.equal(await cli.ended, 1)
  assert.match(cli.stderr(), /listeners are looking at a gateway: stop it/)
  await room.redis.del(key)
}

/** Who has not heard of the new epoch makes no pseudonyms. */
async function requireOldKeyRefused(): Promise<void> {
  const role = await roleProcess(['run', 'anonymise'], { ...room.env, PSEUDONYM_KEYS: '' })
  await until(() => role.ended, { what: 'the key of before to be refused', within: 30_000 })
  assert.match(role.output, /pseudonyms here are of epoch 1, and all others of epoch 2/)
}

test('a new epoch, killed on its way: each listener has one history under the new name, and the old one is nowhere', async (t) => {
  const made = privacy(t, room, 'rotate', '--new')
  assert.equal(await made.ended, 0, made.stderr())
  await live(room, PLAYS, 'artist before')
  await history(room)
  await letWait()
  await carried(USERS.length * PLAYS, USERS.length, async () => {
    const cli = privacy(t, room, 'rekey', '--yes')
    assert.equal(await cli.ended, 1)
    assert.match(cli.stderr(), /there are processes in .*anonymise.*: stop what writes first/)
  })
  const [before, topicsBefore, waitedBefore] = [
    await playsByListener(),
    countsOf(await everything(room)),
    await waiting(),
  ]
  await requireSortedStages()
  await requireRefusedWhilePresent(t)
  const dry = privacy(t, room, 'rekey', '--dry-run')
  assert.equal(await dry.ended, 0, dry.stderr())
  assert.match(dry.stdout(), /state .*fold-tastes-changelog\n[^]*table plays\n/)
  assert.deepEqual(await playsByListener(), before)

  await requireKeyAsked(t)
  await requireNoneBeside(t, room)
  const said = await rekeyedInPieces(t, 1)
  const { keys, now } = await newNames()
  await requireNowhere(oldNames())
  const map = pseudonyms([keys.at(-1)!])
  assert.deepEqual(
    await playsByListener(),
    new Map([...before].map(([listener, plays]) => [map.listener(listener), plays])),
  )
  const topicsAfter = countsOf(await everything(room))
  const { playsClean, reactionsClean, preferencesClean, recommendations, pushOutcomes } = topics
  for (const { name: topic } of [playsClean, reactionsClean, preferencesClean, recommendations, pushOutcomes])
    assert.equal(topicsAfter[topic], topicsBefore[topic], topic)
  assert.equal(topicsAfter['plays-by-artist'], undefined, 'what is only handed on is gone')
  assert.deepEqual(
    await waiting(),
    waitedBefore.map((id) => `${map.listener(id.split('.')[0]!)}.${id.split('.')[1]}`).sort(),
  )
  const devices = await room.kafka.values<PushSubscription>(topics.pushSubscriptions)
  assert.deepEqual(
    new Set(devices.map(({ listener }) => listener)),
    new Set(USERS.map((user) => now.listener(user))),
  )
  for (const each of devices)
    assert.equal(openSubscription(openWith, each).endpoint, `https://push.example/${each.changedAt}`)
  for (const key of keys)
    for (const text of [key.toString('base64'), key.toString('hex')]) assert.ok(!said.includes(text))

  await requireEnded(t, room)
  await requireOldKeyRefused()
  await live(room, PLAYS, 'artist after')
  await carried(2 * USERS.length * PLAYS, USERS.length)
  assert.deepEqual(
    await playsByListener(),
    new Map([...before].map(([listener, plays]) => [map.listener(listener), plays * 2])),
  )
  for (const user of USERS) assert.equal(now.listener(user), map.listener(old.listener(user)))
  await requireNowhere(oldNames())
  await requireTastes(now.listener(USERS[0]!))
  const { meta } = channelKeys(
    room.env['REDIS_PREFIX']!,
    channelOf(ownChannels.recommendations, now.listener(USERS[0]!)),
  )
  assert.equal(await room.redis.exists(meta), 1)
})

/** What was heard in the old epoch is remembered under the new name. */
async function requireTastes(key: string): Promise<void> {
  const { kafka } = room.kafka
  const found = await stateOfKey({
    kafka,
    topicPrefix: room.env['TOPIC_PREFIX']!,
    topology: shapeOf('recommendations'),
    store: 'fold-tastes',
    key,
  })
  assert.match(JSON.stringify(found), /artist before/)
}
