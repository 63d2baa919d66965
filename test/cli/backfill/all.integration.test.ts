import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { versionsInKafka } from '../../../cli/versions/versions-in-kafka.ts'
import { withAdmin } from '../../../pipelines/engine/kafka/admin.ts'
import { committedOffsets } from '../../../pipelines/engine/kafka/offsets.ts'
import { emptyTopics } from '../../../pipelines/engine/kafka/reset-topology.ts'
import { topicOfVersion } from '../../../pipelines/engine/versioned.ts'
import { topics } from '../../../schemas/topics.ts'
import { clickhouseGroup } from '../../../sinks/clickhouse/sink.ts'
import { until } from '../../kit/until.ts'
import { backfillRoom, closedIn, says, stillRuns, totalsIn } from './backfill-room.ts'

const room = backfillRoom()

const begin = (t: TestContext, ...more: string[]) =>
  room.cli(t, 'backfill', 'listening-totals', '--from', 'all', '--yes', ...more)

/** How far a version has come with its history. */
async function historyOf(version: number) {
  const { kafka, address } = room.kafka
  const config = { TOPIC_PREFIX: address.topicPrefix, REPLICATION_FACTOR: 1 }
  const made = (await versionsInKafka.read({ kafka, config })).of('listening-totals')
  return made.find((each) => each.version === version)?.record.history
}

const historyTopics = () =>
  withAdmin(room.kafka.kafka, async (admin) =>
    (await admin.listTopics()).filter(
      (each) => each.startsWith(room.kafka.address.topicPrefix) && each.endsWith('.history'),
    ),
  )

/** The sink has carried all plays, and committed that. */
const carried = () =>
  until(
    async () => {
      const group = clickhouseGroup(room.kafka.address.applicationId)
      const committed = await committedOffsets(room.kafka.kafka, group, [
        room.kafka.nameOf(topics.playsClean),
      ])
      return committed.values().reduce((sum, { offset }) => sum + Number(offset), 0) >= room.sent.length
    },
    { what: 'the sink to have carried all plays', within: 60_000 },
  )

const PLAYS = 44_000
const A_SEND = 4_000

test('from plays that only the table has, killed amid them, on with the topic, it comes to what a loop comes to', async (t) => {
  const refused = await begin(t)
  assert.equal(await refused.ended, 1)
  assert.match(refused.stderr(), /the sink has committed nothing/)

  const sinks = await room.cli(t, 'sinks')
  for (let sent = 0; sent < PLAYS; sent += A_SEND) await room.send(A_SEND)
  await carried()
  await withAdmin(room.kafka.kafka, (admin) => emptyTopics(admin, [room.kafka.nameOf(topics.playsClean)]))
  await room.send(400)
  await carried()

  const first = await begin(t)
  await until(async () => stillRuns(first) && ((await historyOf(2))?.written ?? 0) > 0, {
    what: 'some history to be written',
    within: 30_000,
    every: 5,
  })
  first.process.kill('SIGKILL')
  assert.equal(await first.ended, 'SIGKILL')
  assert.match(
    first.stdout(),
    /listening-totals@2 is made from all plays that there are\n {2}table plays: 44,400 plays, from 2026-01-01 12:00:00 UTC on/,
  )
  assert.doesNotMatch(first.stdout(), /has processed/)

  await room.send(400)
  const second = await begin(t)
  await says(second, /listening-totals@2 has been begun: going on with it/)
  const live = topicOfVersion(topics.artistTotalsLive, 2)
  await until(async () => stillRuns(second) && (await room.kafka.records(live)).length > 0, {
    what: 'its first rows',
    within: 60_000,
  })
  second.process.kill('SIGKILL')
  assert.equal(await second.ended, 'SIGKILL')

  await room.send(400)
  const third = await begin(t)
  await says(
    third,
    /listening-totals@2 has processed 44,400 plays of history, and goes on with .*plays-clean/,
    90_000,
  )
  await room.send(400)
  await says(third, /listening-totals@2 is in service/, 90_000)
  assert.deepEqual(await totalsIn(room), closedIn(room))
  assert.deepEqual(await historyTopics(), [])

  await room.send(400)
  const all = closedIn(room)
  await until(async () => (await totalsIn(room)).length >= all.length, {
    what: 'what has come since',
    within: 30_000,
  })
  assert.deepEqual(await totalsIn(room), all)
  for (const each of [third, sinks]) {
    each.process.kill('SIGTERM')
    assert.equal(await each.ended, 0, each.stderr())
  }
})

test('without the switch it stays beside; status shows it', async (t) => {
  const sinks = await room.cli(t, 'sinks')
  const beside = await begin(t, '--no-switch')
  await says(beside, /it goes on beside until it is stopped/, 90_000)
  assert.deepEqual(await totalsIn(room, 'artist_totals_v3'), closedIn(room))
  const from = await room.clickhouse.rows<{ kafka_topic: string }>(
    'SELECT DISTINCT kafka_topic FROM artist_totals',
  )
  assert.deepEqual(
    from.map(({ kafka_topic }) => kafka_topic),
    [room.kafka.nameOf(topicOfVersion(topics.artistTotals, 2))],
  )
  const status = await room.cli(t, 'status', 'listening-totals', '--once')
  assert.equal(await status.ended, 0)
  assert.match(status.stdout(), /listening-totals\.v3 · 2 tasks · 1 process · lag \d+/)
  for (const each of [beside, sinks]) {
    each.process.kill('SIGTERM')
    assert.equal(await each.ended, 0, each.stderr())
  }
  const reset = await room.cli(t, 'reset', 'listening-totals@3', '--yes')
  assert.equal(await reset.ended, 0, reset.stderr())
})

test('it refuses to go on where the topic has lost what comes behind history; given up, it leaves nothing', async (t) => {
  const killed = await begin(t, '--no-switch')
  await until(async () => stillRuns(killed) && (await historyOf(3)) !== undefined, {
    what: 'the version to be begun',
    within: 30_000,
  })
  killed.process.kill('SIGKILL')
  await killed.ended
  assert.equal((await historyTopics()).length, 1)

  await room.send(400)
  await withAdmin(room.kafka.kafka, (admin) => emptyTopics(admin, [room.kafka.nameOf(topics.playsClean)]))
  const refused = await begin(t, '--no-switch')
  assert.equal(await refused.ended, 1)
  assert.match(
    refused.stderr(),
    /plays-clean no longer has all that came behind the history of listening-totals@3.*`continuo reset listening-totals@3`/,
  )

  const reset = await room.cli(t, 'reset', 'listening-totals@3', '--yes')
  assert.equal(await reset.ended, 0, reset.stderr())
  assert.match(reset.stdout(), /topic .*listening-totals\.v3\.history/)
  assert.deepEqual(await historyTopics(), [])
})
