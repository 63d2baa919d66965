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
  avroSchema,
  avroState,
  drop,
  foldWindow,
  hours,
  keyBy,
  minutes,
  ok,
  route,
  step,
  topic,
  topology,
  tumbling,
} from '../../pipelines/engine/index.ts'
import { drive } from '../../pipelines/engine/testing/drive.ts'
import { latePlay } from '../../pipelines/steps/late-play.ts'
import type { CleanPlay } from '../../schemas/events.ts'
import { topics } from '../../schemas/topics.ts'
import { at, play } from '../kit/builders.ts'

/*
 * A TOPIC has a name, the shape of its values, and a word for what its rows are SPREAD by. What a topology writes gets topics of
 * its own. Here they are named on the spot; later chapters share those of `topics.ts`, the product has `schemas/topics.ts`.
 */
interface CountryHour {
  from: number
  plays: number
}

const countryHourV1 = avroSchema<CountryHour>('country-hour.v1', {
  type: 'record',
  name: 'CountryHour',
  fields: [
    { name: 'from', type: 'long' },
    { name: 'plays', type: 'long' },
  ],
})

const playsByCountry = topic('plays-by-country', topics.playsClean.value, 'country')
const open = topic('country-hours-live', countryHourV1, 'country')
const closed = topic('country-hours', countryHourV1, 'country')
const late = topic('late-by-country', topics.latePlays.value, 'country')

/*
 * A STEP is one decision about one value. It answers `ok(value)`, `drop(reason)` or `deadLetter(reason)`; it reads no clock,
 * asks no one, and its name labels its metrics.
 */
const MIN_MS = 30_000

function discardSkips(value: CleanPlay) {
  return value.msPlayed < MIN_MS ? drop('skipped') : ok(value)
}

/*
 * A FOLD makes one value of many: how its state begins, what a row adds, the result for a window, and how the state becomes
 * bytes, so that it is there again after a crash. (Chapter 5 has ready-made ones.)
 */
const hourly: Fold<CleanPlay, { plays: number }, CountryHour> = {
  initial: () => ({ plays: 0 }),
  add: ({ plays }) => ({ plays: plays + 1 }),
  result: ({ plays }, _country, { start }) => ({ from: start, plays }),
  codec: avroState({ type: 'record', name: 'Hourly', fields: [{ name: 'plays', type: 'long' }] }),
}

/*
 * The TOPOLOGY reads like the sentence that describes it. `keyBy` goes through a topic, which brings all plays of a country
 * into one task (chapter 7). `route` names a topic for each output: leave `late` out, and it does not compile.
 */
const countryHours = topology('country-hours', ({ read }) =>
  read(topics.playsClean, { time: (value) => value.playedAt }).pipe(
    step(discardSkips),
    keyBy((value) => value.country ?? 'unknown', { through: playsByCountry }),
    foldWindow({
      windows: tumbling(hours(1), { grace: minutes(5) }),
      fold: hourly,
      late: latePlay,
    }),
    route({ open, closed, late }),
  ),
)

/*
 * A TEST drives the topology: it sends values to the topics that are read and looks at what was written. `drive` runs the
 * same operators, codec and state as Kafka does.
 */
test('1.1 each play updates the hour of its country', async () => {
  const kafka = drive(countryHours)
  await kafka.send(topics.playsClean, play({ country: 'NO', playedAt: '12:10:00' }))
  await kafka.send(topics.playsClean, play({ country: 'NO', playedAt: '12:50:00' }))
  await kafka.send(topics.playsClean, play({ country: 'SE', playedAt: '12:20:00' }))

  assert.deepEqual(
    kafka.written(open).map(({ key, value }) => [key, value.plays]),
    [
      ['NO', 1],
      ['NO', 2],
      ['SE', 1],
    ],
  )
})

test('1.2 what a step drops goes no further', async () => {
  const kafka = drive(countryHours)
  await kafka.send(topics.playsClean, play({ msPlayed: MIN_MS - 1 }))
  assert.deepEqual(kafka.written(playsByCountry), [])
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
  const kafka = drive(countryHours)
  for (const playedAt of ['12:10:00', '13:01:00', '13:05:00', '12:59:00'])
    await kafka.send(topics.playsClean, play({ playedAt }))

  assert.deepEqual(
    kafka.written(closed).map(({ value }) => value),
    [{ from: at('12:00:00'), plays: 1 }],
  )
  assert.deepEqual(
    kafka.written(late).map(({ value }) => value.playedAt),
    [at('12:59:00')],
  )
})

/* STATE is in Kafka, too: `crash` takes everything from memory, and reads it back from the changelogs (chapter 13). */
test('1.4 a crash changes no count', async () => {
  const kafka = drive(countryHours)
  await kafka.send(topics.playsClean, play({ playedAt: '12:10:00' }))
  kafka.crash()
  await kafka.send(topics.playsClean, play({ playedAt: '12:11:00' }))
  assert.equal(kafka.written(open).at(-1)?.value.plays, 2)
})
