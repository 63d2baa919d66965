import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { openDeadLetter } from '../../../pipelines/engine/dead-letters.ts'
import type { DeadLetter } from '../../../schemas/dead-letter.ts'
import { topics } from '../../../schemas/topics.ts'
import { at, play } from '../../kit/builders.ts'
import { until } from '../../kit/until.ts'
import { feeds } from '../../../sinks/clickhouse/feeds.ts'
import { ReplayedRows } from '../../../sinks/clickhouse/replayed-rows.ts'
import { VersionTables } from '../../../sinks/clickhouse/version-tables.ts'
import { giveBack, mended } from '../given-back.ts'
import { killableSink } from './killable-sink.ts'

const STAGE = 'clickhouse-sink'
const within = 40_000

let sinks: Awaited<ReturnType<typeof killableSink>>
let room: typeof sinks.room
let clickhouse: typeof sinks.clickhouse
let proxy: typeof sinks.proxy
before(async () => {
  sinks = await killableSink()
  ;({ room, clickhouse, proxy } = sinks)
})
afterEach(() => sinks.killAll())
after(() => sinks.close())

/** A play that the table cannot hold. */
const unfit = () => ({ ...play(), playedAt: Date.UTC(2400, 0, 1) })

/** The same letter, its play at a time that the table can hold. */
const inTime = (letter: DeadLetter) =>
  mended(room, letter, (value) =>
    room.codec.encode(topics.playsClean, {
      ...room.codec.decode(topics.playsClean, value),
      playedAt: at('12:00:00'),
    }),
  )

const given = (letters: DeadLetter[]) =>
  giveBack(room, { applicationId: sinks.applicationId, stage: STAGE }, letters)

/** Where rows lie in `plays`, in order. */
const places = () =>
  clickhouse.rows<{ topic: string; offset: number }>(
    'SELECT kafka_topic AS topic, toUInt32(kafka_offset) AS offset FROM plays ORDER BY kafka_offset',
  )

test('letters of the sink are given back to it, killed before and behind its insert: each row is there once, at its own place', async () => {
  const sent = Array.from({ length: 30 }, (_, i) => (i % 3 === 0 ? unfit() : play()))
  await sinks.start()
  await room.send(topics.playsClean, 0, sent)
  await until(async () => (await room.deadLetters()).length === 10, { within, what: '10 letters' })
  await until(async () => (await places()).length === 20, { within, what: '20 rows' })
  await room.codec.load((await room.deadLetters()).map((letter) => openDeadLetter(room.key, letter).value))
  const letters = (await room.deadLetters()).map(inTime)
  assert.ok(letters.every(({ topicId }) => topicId !== null))

  for (const [part, landed] of [
    [letters.slice(0, 4), false],
    [letters.slice(4), true],
  ] as const) {
    for (const sink of sinks.running) await sink.kill()
    sinks.running.clear()
    const sink = await sinks.start()
    let reached = false
    proxy.onInsert(async (forward) => {
      if (landed) await forward()
      reached = true
      await sink.kill()
      return undefined
    })
    assert.equal(await given(part), part.length)
    await until(() => reached, { within, what: 'the insert' })
    sinks.running.delete(sink)
    proxy.onInsert((forward) => forward())
  }
  await sinks.start()
  assert.equal(await given(letters), 0)
  await until(async () => (await places()).length >= 30, { within, what: '30 rows' })
  // Whatever would be doubled comes before this one.
  await room.send(topics.playsClean, 0, [play()])
  await until(async () => (await places()).length >= 31, { within, what: 'the row behind' })
  assert.deepEqual(
    await places(),
    Array.from({ length: 31 }, (_, offset) => ({ topic: room.nameOf(topics.playsClean), offset })),
  )
  const [counted] = await clickhouse.rows<{ ids: string }>('SELECT uniqExact(event_id) AS ids FROM plays')
  assert.equal(Number(counted!.ids), 31)
})

test('what it cannot take still comes back, with the same id; a letter that is purged is no row and no letter', async () => {
  await sinks.start()
  await room.send(topics.playsClean, 1, [unfit()])
  const ofOne = async () => (await room.deadLetters()).filter(({ partition }) => partition === 1)
  await until(async () => (await ofOne()).length === 1, { within, what: 'the letter' })
  const [first] = await ofOne()
  assert.equal(await given([first!]), 1)
  await until(async () => (await ofOne()).length === 2, { within, what: 'the letter to come back' })
  const [, second] = await ofOne()
  assert.deepEqual([second!.id, second!.attempt, second!.reason], [first!.id, 1, 'time_out_of_range'])
  const rows = async () => clickhouse.count('dead_letters')
  await until(async () => (await rows()) === 12, { within, what: '12 rows of letters' })
  await room.sendRaw(topics.deadLetters, 0, null, first!.id)
  await room.send(topics.playsClean, 1, [unfit()])
  await until(async () => (await rows()) === 13, { within, what: 'the row behind the deletion' })
  assert.equal((await ofOne()).length, 3)
})

test('rows that have their places in the table are not inserted again, whatever range they come in', async () => {
  const topic = room.nameOf(topics.playsClean)
  const value = room.codec.encode(topics.playsClean, play())
  const source = (offset: number) => ({
    record: {
      topic,
      partition: 5,
      offset: BigInt(offset),
      timestamp: 0,
      key: null,
      value,
      headers: {},
    },
    topicId: 'id',
  })
  const ofPlays = feeds.find((feed) => feed.topic === topics.playsClean)!
  const rows = new ReplayedRows({
    stage: STAGE,
    deadLetterKey: room.key,
    codec: room.codec,
    topicPrefix: room.topicPrefix,
    feeds: new Map(feeds.map((feed) => [room.nameOf(feed.topic), feed])),
  })
  const tables = new VersionTables(clickhouse.client)
  const insert = (from: bigint, offsets: number[]) =>
    rows.insert(
      clickhouse.client,
      tables,
      { topic: rows.topic, topicId: 'replays', partition: 0 },
      {
        from,
        end: from + 10n,
        last: from,
        refused: [],
        bytes: 0,
        isRepeated: false,
        rows: offsets.map((offset) => ofPlays.row(room.codec, source(offset).record, 'id')),
        sources: offsets.map(source),
      },
    )
  await insert(0n, [1, 2, 3])
  await insert(100n, [2, 3, 4])
  await insert(200n, [4])
  const found = await clickhouse.rows<{ offset: number }>(
    'SELECT toUInt32(kafka_offset) AS offset FROM plays WHERE kafka_partition = 5 ORDER BY offset',
  )
  assert.deepEqual(
    found.map(({ offset }) => offset),
    [1, 2, 3, 4],
  )
})
