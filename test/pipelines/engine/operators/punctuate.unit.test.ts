import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type PunctuateOptions,
  deadLetter,
  foldWindow,
  minutes,
  ok,
  only,
  punctuate,
  seconds,
  step,
  topology,
  tumbling,
  write,
} from '../../../../pipelines/engine/index.ts'
import { drive } from '../../../../pipelines/engine/testing/drive.ts'
import { artistTotal } from '../../../../pipelines/steps/artist-total.ts'
import { latePlay } from '../../../../pipelines/steps/late-play.ts'
import type { CleanPlay } from '../../../../schemas/events.ts'
import { topics } from '../../../../schemas/topics.ts'
import { at, play } from '../../../kit/builders.ts'

const { playsClean, playsByArtist } = topics

/** Writes its rows, and rows of its own that are named `tick` and say when by `receivedAt`. */
const ticking = (options: PunctuateOptions) =>
  topology('ticking', ({ read }) =>
    read(playsClean, { time: ({ playedAt }) => playedAt }).pipe(
      punctuate(options, (time) => [{ key: 'k', value: play({ trackName: 'tick', receivedAt: time }) }]),
      write(playsByArtist),
    ),
  )

const told = (kafka: ReturnType<typeof drive>) =>
  kafka
    .written(playsByArtist)
    .map(({ value }) => (value.trackName === 'tick' ? value.receivedAt : value.trackName))

/*
 *     event time   12:00:10  12:00:50  12:01:10  12:03:30  12:03:40  12:02:00     every minute
 *     out          12:00 a   b         12:01 c   12:03 d   e         f
 */
test('in stream time it fires once for the last multiple that has been passed, before the row that passed it', async () => {
  const kafka = drive(ticking({ every: minutes(1), by: 'stream-time' }))
  for (const [trackName, playedAt] of Object.entries({
    a: '12:00:10',
    b: '12:00:50',
    c: '12:01:10',
    d: '12:03:30',
    e: '12:03:40',
    f: '12:02:00',
  }))
    await kafka.send(playsClean, play({ trackName, playedAt }))
  assert.deepEqual(told(kafka), [
    at('12:00:00'),
    'a',
    'b',
    at('12:01:00'),
    'c',
    at('12:03:00'),
    'd',
    'e',
    'f',
  ])
})

test('in stream time it fires as a naive look at the highest time says, crashes or not', async () => {
  const sent = fc.record({ time: fc.integer({ min: -5_000, max: 20_000 }), crash: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(
      fc.array(sent, { maxLength: 12 }),
      fc.integer({ min: 1, max: 6_000 }),
      async (all, every) => {
        const kafka = drive(ticking({ every, by: 'stream-time' }), { now: 20_000 })
        const wanted: (number | string)[] = []
        let highest = -Infinity
        for (const { time, crash } of all) {
          const multiple = Math.floor(time / every)
          if (time > highest && multiple > Math.floor(highest / every)) wanted.push(multiple * every)
          highest = Math.max(highest, time)
          wanted.push('row')
          if (crash) kafka.crash()
          await kafka.send(playsClean, { ...play({ trackName: 'row' }), playedAt: time })
        }
        assert.deepEqual(told(kafka), wanted)
      },
    ),
    { numRuns: 300 },
  )
})

test('behind a fold it goes by the time that its rows are sure to have reached, after a crash, too', async () => {
  const kafka = drive(
    topology('held', ({ read }) =>
      read(playsClean, { time: ({ playedAt }) => playedAt, aheadMs: 0 }).pipe(
        foldWindow({ windows: tumbling(minutes(1), { grace: 0 }), fold: artistTotal, late: latePlay }),
        only('closed'),
        punctuate({ every: minutes(1), by: 'stream-time' }, (time) => [
          { key: 'k', value: { ...emptyTotal, windowStart: time } },
        ]),
        write(topics.artistTotals),
      ),
    ),
  )
  for (const playedAt of ['12:00:00', '12:01:00', '12:02:00']) {
    await kafka.send(playsClean, play({ playedAt }))
    kafka.crash()
  }
  assert.deepEqual(
    kafka.written(topics.artistTotals).map(({ value }) => [value.windowStart, value.plays]),
    [
      [at('11:59:00'), -1],
      [at('12:00:00'), 1],
      [at('12:00:00'), -1],
      [at('12:01:00'), 1],
      [at('12:01:00'), -1],
    ],
  )
})
const emptyTotal = {
  artistId: '',
  artistName: '',
  windowStart: 0,
  windowEnd: 0,
  plays: -1,
  msPlayed: 0,
  listeners: 0,
  listenerBits: '',
  receivedAt: 0,
}

test('by the wall clock it fires without rows; the first multiple counts from when the task began', async () => {
  const kafka = drive(ticking({ every: minutes(1), by: 'wall-clock' }), { now: at('12:00:30') })
  await kafka.send(playsClean, play({ trackName: 'row', playedAt: '12:55:00' }))
  await kafka.advance(seconds(29))
  assert.deepEqual(told(kafka), ['row'])
  await kafka.advance(seconds(1))
  await kafka.advance(minutes(1))
  assert.deepEqual(told(kafka), ['row', at('12:01:00'), at('12:02:00')])
})

test('what it emits has the last record as its origin; before the first, an empty one with offset -1', async () => {
  const kafka = drive(
    topology('judged', ({ read }) =>
      read(playsClean).pipe(
        punctuate({ every: seconds(1), by: 'wall-clock' }, () => [
          { key: 'k', value: play({ trackName: 'tick' }) },
        ]),
        step((value: CleanPlay) => (value.trackName === 'tick' ? deadLetter('a_tick') : ok(value))),
        write(playsByArtist),
      ),
    ),
    { now: at('12:00:00') },
  )
  await kafka.advance(seconds(1))
  await kafka.send(playsClean, play({ trackName: 'row' }))
  await kafka.advance(seconds(1))
  assert.deepEqual(
    kafka
      .written(topics.deadLetters)
      .map(({ value }) => [value.topic, value.partition, value.offset, value.timestamp]),
    [
      ['plays-clean', 0, -1, at('12:00:01')],
      ['plays-clean', 0, 0, at('12:00:01')],
    ],
  )
})

test('an interval that would never end is refused', () => {
  for (const every of [0, -1, NaN, 0.5])
    assert.throws(
      () => punctuate({ every, by: 'wall-clock' }, () => []),
      /would never end: give whole ms, above 0/,
    )
})
