/**
 * Chapter 1. A topology and its test.
 *
 * A topology reads topics of Kafka and writes topics of Kafka. It is one function: rows flow from `read` through operators.
 * This chapter writes one, and shows what its tests look like; nothing here needs a broker.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Fold,
  avroState,
  drop,
  foldWindow,
  hours,
  keyBy,
  minutes,
  ok,
  route,
  step,
  topology,
  tumbling,
} from '../../pipelines/engine/index.ts'
import { drive } from '../../pipelines/engine/testing/drive.ts'
import { latePlay } from '../../pipelines/steps/late-play.ts'
import type { ArtistTotal, CleanPlay } from '../../schemas/events.ts'
import { topics } from '../../schemas/topics.ts'
import { at, play } from '../kit/builders.ts'

/*
 * A STEP is one decision about one value. It answers `ok(value)`, `drop(reason)` or `deadLetter(reason)`; it reads no clock,
 * asks no one, and its name labels its metrics.
 */
const MIN_MS = 30_000

function discardSkips(value: CleanPlay) {
  return value.msPlayed < MIN_MS ? drop('skipped') : ok(value)
}

/*
 * A FOLD makes one value of many: how it begins, what a row adds, what is told of it, and how its state becomes bytes, so
 * that it is there again after a crash. It goes into a topic of the product here; `schemas/topics.ts` is where a new topic
 * gets its name, its schema and its partitioning.
 */
const hourly: Fold<CleanPlay, { plays: number }, ArtistTotal> = {
  initial: () => ({ plays: 0 }),
  add: ({ plays }) => ({ plays: plays + 1 }),
  result: ({ plays }, country, { start, end }) => ({
    artistId: country,
    artistName: country,
    windowStart: start,
    windowEnd: end,
    plays,
    msPlayed: 0,
    listeners: 0,
    receivedAt: 0,
  }),
  codec: avroState({ type: 'record', name: 'Hourly', fields: [{ name: 'plays', type: 'long' }] }),
}

/*
 * The TOPOLOGY reads like the sentence that describes it. `keyBy` goes through a topic, which brings all plays of a country
 * into one task. `route` names a topic for each output: leave `late` out, and it does not compile.
 */
const playsByCountry = topology('plays-by-country', ({ read }) =>
  read(topics.playsClean, { time: (value) => value.playedAt }).pipe(
    step(discardSkips),
    keyBy((value) => value.country ?? 'unknown', { through: topics.playsByArtist }),
    foldWindow({
      windows: tumbling(hours(1), { grace: minutes(5) }),
      fold: hourly,
      late: latePlay,
    }),
    route({ open: topics.artistTotalsLive, closed: topics.artistTotals, late: topics.latePlays }),
  ),
)

/*
 * A TEST drives the topology: it sends values to the topics that are read and looks at what was written. `drive` runs the
 * same operators, codec and state as Kafka does.
 */
test('1.1 each play updates the hour of its country', async () => {
  const kafka = drive(playsByCountry)
  await kafka.send(topics.playsClean, play({ country: 'NO', playedAt: '12:10:00' }))
  await kafka.send(topics.playsClean, play({ country: 'NO', playedAt: '12:50:00' }))
  await kafka.send(topics.playsClean, play({ country: 'SE', playedAt: '12:20:00' }))

  assert.deepEqual(
    kafka.written(topics.artistTotalsLive).map(({ key, value }) => [key, value.plays]),
    [
      ['NO', 1],
      ['NO', 2],
      ['SE', 1],
    ],
  )
})

test('1.2 what a step drops goes no further', async () => {
  const kafka = drive(playsByCountry)
  await kafka.send(topics.playsClean, play({ msPlayed: MIN_MS - 1 }))
  assert.deepEqual(kafka.written(topics.playsByArtist), [])
})

/*
 * TIME is the plays' own. It goes forward when a play brings a later one, and an hour closes when time has reached its end
 * and the grace. No test waits for a clock.
 *
 *     played at    12:10   13:01   13:05   12:59
 *     open         NO 1    NO 1    NO 2
 *     closed                       NO 1            12 to 13 h, by the play of 13:05
 *     late                                 12:59
 */
test('1.3 an hour closes once; what comes later for it is late, never lost', async () => {
  const kafka = drive(playsByCountry)
  for (const playedAt of ['12:10:00', '13:01:00', '13:05:00', '12:59:00'])
    await kafka.send(topics.playsClean, play({ playedAt }))

  const [closed, ...more] = kafka.written(topics.artistTotals)
  assert.deepEqual([closed?.value.windowStart, closed?.value.plays], [at('12:00:00'), 1])
  assert.deepEqual(more, [])
  assert.deepEqual(
    kafka.written(topics.latePlays).map(({ value }) => value.playedAt),
    [at('12:59:00')],
  )
})

/* STATE is in Kafka, too: `crash` takes everything from memory, and reads it back from the changelogs. */
test('1.4 a crash changes nothing', async () => {
  const kafka = drive(playsByCountry)
  await kafka.send(topics.playsClean, play({ playedAt: '12:10:00' }))
  kafka.crash()
  await kafka.send(topics.playsClean, play({ playedAt: '12:11:00' }))
  assert.equal(kafka.written(topics.artistTotalsLive).at(-1)?.value.plays, 2)
})

/* Several PARTITIONS are several tasks. A key is always in the same one, so its count is still one count. */
test('1.5 plays that come in by different partitions meet behind keyBy', async () => {
  const kafka = drive(playsByCountry, { partitions: 4 })
  for (const partition of [0, 1, 2, 3])
    await kafka.send(topics.playsClean, play({ country: 'NO' }), { partition })
  assert.equal(kafka.written(topics.artistTotalsLive).at(-1)?.value.plays, 4)
})
