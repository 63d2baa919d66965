/**
 * Chapter 7. Keys and partitions.
 *
 * A topic is cut into partitions, and a topology runs once for each number: one task has partition 3 of all that it reads, its
 * own state and its own stream time. So what is to be counted together, or to meet, has to be in one partition. `keyBy` brings it there.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Row,
  combine,
  count,
  fold,
  foldWindow,
  hours,
  keyBy,
  merge,
  minutes,
  route,
  topic,
  topology,
  tumbling,
  write,
} from '../../pipelines/engine/index.ts'
import { drive } from '../../pipelines/engine/testing/drive.ts'
import { latePlay } from '../../pipelines/steps/late-play.ts'
import type { CleanPlay } from '../../schemas/events.ts'
import { topics } from '../../schemas/topics.ts'
import { at, play } from '../kit/builders.ts'
import { byPlayedAt, countPlays, countsIn, lateIn, playAt } from './kit.ts'
import {
  closed,
  countV1,
  countryTotals,
  countryTotalsLive,
  late,
  lateByCountry,
  playsByCountry,
} from './topics.ts'

/* The last word of a topic says what its rows are SPREAD by: counts that are made of plays by user are by user, too. */
const counts = topic('counts', countV1, 'user')
const countsByCountry = topic('counts-by-country', countV1, 'country')

/* `fold` counts for ever, without windows. It takes the ready-made aggregates, too. */
const playsSoFar = fold(combine({ plays: count() }))

/*
 * WHICH ROWS MEET: those of one key in one partition. A key alone is not enough, for whoever wrote the topic chose the partition,
 * and may have chosen it by something else. `drive(…, { partitions })` shows it without a broker.
 *
 *     partition 0    ada  ada      task 0 emits  ada 1, ada 2
 *     partition 1         ada      task 1 emits  ada 1              and nobody ever emits 3
 */
test('7.1 a task counts what is in its partition, and knows nothing of the others', async () => {
  const kafka = drive(
    topology('as-they-are', ({ read }) => read(topics.playsClean).pipe(playsSoFar, write(counts))),
    { partitions: 2 },
  )
  for (const partition of [0, 0, 1]) await kafka.send(topics.playsClean, play(), { key: 'ada', partition })
  assert.deepEqual(countsIn(kafka, counts), ['ada 1', 'ada 2', 'ada 1'])
})

/*
 * `keyBy` gives rows another key, writes them to the topic `through`, and reads them again, in whichever task has their new
 * partition. That topic is the only way from one task to another. It is yours to name, because it is there to be seen: on Kafka
 * it has a retention, and a size, since each row is written and read once more. So filter first, and repartition then.
 *
 *     plays-clean, by user     ──▶  keyBy  ──▶  plays-by-country, by country  ──▶  fold
 *     0: NO  SE                                 0: SE
 *     1: NO                                     1: NO  NO
 */
const perCountry = topology('per-country', ({ read }) =>
  read(topics.playsClean, byPlayedAt).pipe(
    keyBy((value) => value.country ?? 'unknown', { through: playsByCountry }),
    foldWindow({
      windows: tumbling(hours(1), { grace: minutes(5) }),
      fold: countPlays,
      late: latePlay,
    }),
    route({ open: countryTotalsLive, closed: countryTotals, late: lateByCountry }),
  ),
)

test('7.2 behind keyBy a country is in one partition, under its name', async () => {
  const kafka = drive(perCountry, { partitions: 4 })
  for (const partition of [0, 1, 2])
    await kafka.send(topics.playsClean, play({ country: 'NO' }), { key: 'ada', partition })

  const rows = kafka.written(playsByCountry)
  assert.deepEqual(
    rows.map(({ key }) => key),
    ['NO', 'NO', 'NO'],
  )
  assert.equal(new Set(rows.map(({ partition }) => partition)).size, 1)
  assert.deepEqual(countsIn(kafka, countryTotalsLive), ['NO 1', 'NO 2', 'NO 3'])
})

/*
 * TIME goes along, in a header of the record. Here the plays of noon are read at six in the evening, and go on as plays of noon.
 * Who else writes to a repartition topic does not know that header; such a record is a dead letter, `no_usable_time`.
 */
test('7.3 keyBy keeps the time that read has taken', async () => {
  const kafka = drive(perCountry, { now: at('18:00:00') })
  await playAt(kafka, '12:10:00', '13:10:00', '12:20:00')
  assert.deepEqual(
    kafka.written(lateByCountry).map(({ value }) => [value.playedAt, value.streamTime]),
    [[at('12:20:00'), at('13:10:00')]],
  )

  await kafka.send(playsByCountry, play(), { key: 'NO' })
  assert.equal(kafka.written(topics.deadLetters)[0]?.value.reason, 'no_usable_time')
})

/*
 * STREAM TIME is the highest time of all rows that a sub-topology (what lies between two topics: chapter 15) has read in one task,
 * whatever their keys. What is played in one partition closes nothing in another, and makes nobody late there. So a partition in
 * which nothing happens keeps its windows open, until there is a row again:
 *
 *     partition 0    ada 12:10              ada 13:10                   ada's hour is closed by her own next play
 *     partition 1              eve 12:20               eve 12:30        eve's hour is open, and she is not late
 *
 * If a screen has to show it at once nevertheless, let it read `open`.
 */
test('7.4 a quiet partition closes no window, and refuses no row', async () => {
  const kafka = drive(
    topology('per-listener', ({ read }) =>
      read(topics.playsClean, byPlayedAt).pipe(
        foldWindow({
          windows: tumbling(hours(1), { grace: minutes(5) }),
          fold: countPlays,
          late: latePlay,
          emit: 'on-close',
        }),
        route({ closed, late }),
      ),
    ),
    { partitions: 2 },
  )
  for (const [key, partition, playedAt] of [
    ['ada', 0, '12:10:00'],
    ['eve', 1, '12:20:00'],
    ['ada', 0, '13:10:00'],
    ['eve', 1, '12:30:00'],
  ] as const)
    await kafka.send(topics.playsClean, play({ playedAt }), { key, partition })

  assert.deepEqual(countsIn(kafka, closed), ['ada 1'])
  assert.deepEqual(lateIn(kafka, late), [])

  await kafka.send(topics.playsClean, play({ playedAt: '13:10:00' }), { key: 'eve', partition: 1 })
  assert.deepEqual(countsIn(kafka, closed), ['ada 1', 'eve 2'])
})

/*
 * Behind `keyBy` rows of all partitions come together, each partition at its own pace: in a replay one may be hours ahead of another.
 * So each row carries the stream time of the partition where it was read, and tasks tell each other how far they have come. LATE is
 * what was late where it was read; a window closes when all are past it, which is the WATERMARK:
 *
 *     plays-clean 0    12:10              14:30                   far ahead
 *     plays-clean 1           12:20               13:10  14:00    in time, all of it
 *     watermark        ┄┄     12:10       12:20   13:10  14:00    12 to 13 h is closed by the play of 13:10: 5 min of grace are over
 *
 * A partition of which all has been read for `MAX_TASK_IDLE_MS` holds nobody up, nor does one of which there has never been anything. What comes in
 * it afterwards may be late for what has been closed without it.
 */
test('7.5 behind keyBy a row is late if it was late in its own partition', async () => {
  const kafka = drive(perCountry, { partitions: 2 })
  const plays = (partition: number, ...times: string[]) =>
    times.map((time) => [topics.playsClean, play({ country: 'NO', playedAt: time }), { partition }] as const)
  await kafka.sendAll([...plays(0, '12:10:00'), ...plays(1, '12:20:00')])

  await kafka.sendAll(plays(0, '14:30:00'))
  assert.deepEqual(countsIn(kafka, countryTotals), [])
  await kafka.sendAll(plays(1, '12:50:00', '13:10:00'))
  assert.deepEqual(countsIn(kafka, countryTotals), ['NO 3'])
  assert.deepEqual(lateIn(kafka, lateByCountry), [])

  await kafka.sendAll(plays(0, '13:20:00'))
  assert.deepEqual(lateIn(kafka, lateByCountry), ['13:20'])
})

/*
 * CO-PARTITIONED are topics in which equal keys have equal partition numbers. Equally many partitions do not make them so, and
 * nobody can read it off the topics; hence the word. Where two words meet in a join or a merge it does not compile. A type that
 * has forgotten its word, as here, is caught when the topology starts.
 */
test('7.6 topics that are spread by different words are not brought together', () => {
  const mixed = topology('mixed', ({ read }) =>
    merge<Row<CleanPlay>>(read(topics.playsClean), read(playsByCountry)).pipe(playsSoFar, write(counts)),
  )
  assert.throws(
    () => drive(mixed),
    /mixed brings plays-clean and plays-by-country together, of which the one is spread by user and the other by country: .* with keyBy\(\)/,
  )
})

/*
 * A record WITHOUT A KEY has the empty text for one, so that all of them are one key; Kafka spreads them over all partitions, and
 * each task would count some. Give them a key before anything is done by key. A key is a text: a number is turned into one, and
 * what may be missing gets a name. (A table takes no record without a key: it is a dead letter, `no_key`.)
 */
test('7.7 rows without a key are all of one key, until they are given another', async () => {
  const kafka = drive(
    topology('given-a-key', ({ read }) =>
      read(topics.playsClean).pipe(
        keyBy((value) => value.country ?? 'unknown', { through: playsByCountry }),
        playsSoFar,
        write(countsByCountry),
      ),
    ),
  )
  for (const country of ['NO', null, 'NO']) await kafka.send(topics.playsClean, play({ country }))
  assert.deepEqual(countsIn(kafka, countsByCountry), ['NO 1', 'unknown 1', 'NO 2'])
})
