import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import type { CleanPlay } from '../../../schemas/events.ts'
import { topics } from '../../../schemas/topics.ts'
import { clickhouseGroup } from '../../../sinks/clickhouse/sink.ts'
import { play } from '../../kit/builders.ts'
import { until } from '../../kit/until.ts'
import { killableSink } from './killable-sink.ts'
import { rollupsAreThoseOfRows } from './rollups.ts'

let sinks: Awaited<ReturnType<typeof killableSink>>
let room: typeof sinks.room
let clickhouse: typeof sinks.clickhouse
let proxy: typeof sinks.proxy
const sent: CleanPlay[] = []
before(async () => {
  sinks = await killableSink()
  ;({ room, clickhouse, proxy } = sinks)
})
afterEach(() => sinks.killAll())
after(() => sinks.close())

async function send(count: number): Promise<void> {
  for (const partition of [0, 1]) {
    const some = Array.from({ length: count }, () => play())
    sent.push(...some)
    await room.send(topics.playsClean, partition, some)
  }
}

const metadataOf = async (partition: number) =>
  (await room.committed(clickhouseGroup(sinks.applicationId), topics.playsClean, partition))?.metadata

/** A range is recorded for some partition: what is in it is in doubt. */
const inDoubt = async () => ((await metadataOf(0)) ?? (await metadataOf(1))) !== null

async function eachLandsOnce(): Promise<void> {
  const within = 30_000
  await until(async () => (await clickhouse.count('plays')) >= sent.length, { within, what: 'all rows' })
  await until(async () => !(await inDoubt()), { within, what: 'all ranges to be committed' })
  const found = await clickhouse.rows<{ event_id: string }>('SELECT event_id FROM plays ORDER BY event_id')
  assert.deepEqual(
    found.map(({ event_id }) => event_id),
    sent.map(({ eventId }) => eventId).sort(),
  )
  await rollupsAreThoseOfRows(clickhouse.client)
}

/** Runs until the first insert, of which `decide` says what becomes, then kills; answers when it is dead. */
async function killAtInsert(landed: 'landed' | 'lost'): Promise<void> {
  const sink = await sinks.start()
  let reached = false
  proxy.onInsert(async (forward) => {
    if (landed === 'landed') await forward()
    reached = true
    await sink.kill()
    return undefined
  })
  await send(20)
  await until(() => reached, { within: 30_000, what: 'the insert' })
  await sink.kill()
  sinks.running.delete(sink)
  proxy.onInsert((forward) => forward())
}

test('killed between the record of a range and its insert: it is inserted by the next', async () => {
  await killAtInsert('lost')
  assert.equal(await inDoubt(), true)
  await send(20)
  await sinks.start()
  await eachLandsOnce()
})

test('killed between the insert and its commit: it is not inserted again', async () => {
  await killAtInsert('landed')
  assert.equal(await inDoubt(), true)
  await send(20)
  await sinks.start()
  await eachLandsOnce()
})

test('killed between the insert and its commit: what was no row is a letter nevertheless', async () => {
  const unfit = { ...play(), playedAt: 1e15 }
  await room.send(topics.playsClean, 0, [unfit])
  await killAtInsert('landed')
  await sinks.start()
  await eachLandsOnce()
  const letters = (await room.deadLetters()).filter(({ topic }) => topic === room.nameOf(topics.playsClean))
  assert.deepEqual(new Set(letters.map(({ reason }) => reason)), new Set(['time_out_of_range']))
})

test('an insert of the killed process that arrives after its successor’s is dropped', async () => {
  const zombie = await sinks.start()
  const held: (() => Promise<unknown>)[] = []
  proxy.onInsert(async (forward) => {
    held.push(forward)
    return new Promise(() => undefined)
  })
  await send(20)
  // Of both partitions, where it has read both before its first round of inserts.
  await until(() => held.length > 0, { within: 30_000, what: 'an insert' })
  await zombie.kill()
  sinks.running.delete(zombie)
  proxy.onInsert((forward) => forward())
  await sinks.start()
  await eachLandsOnce()
  for (const forward of held) await forward()
  await eachLandsOnce()
})

test('asked to stop, it writes what it has read, commits and ends well', async () => {
  const sink = await sinks.start()
  await until(() => sink.ready(), { within: 30_000, what: 'the sink to be ready' })
  await send(10)
  await eachLandsOnce()
  assert.equal(await sink.stop(), 0)
  sinks.running.delete(sink)
  assert.equal(await inDoubt(), false)
  assert.doesNotMatch(sink.output, /AAAAAAAAAAAAAAAAAAAAAA/, 'no listener in the log')
})
