/**
 * Chapter 4. Time, and the driver.
 *
 * Rows carry their own time, and most of a topology goes by that alone. This chapter is about what else there is: things that are
 * done as time passes, inputs that have to be read in order – and what the driver can do to put a test in the middle of them. No
 * test sleeps; the clock is the test's. Work that takes its time is the subject of chapter 12, crashes that of chapter 13.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  drop,
  foldWindow,
  merge,
  minutes,
  ok,
  punctuate,
  route,
  step,
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
import { byPlayedAt, countPlays, countsIn, lateIn, playAt, timeOfDay, windowsIn } from './kit.ts'
import { closed, countV1, late, open } from './topics.ts'

/*
 * PUNCTUATE adds rows of its own as time passes the multiples of `every`. By stream time it goes by the rows, so that a replay of
 * a year emits what the year did; multiples that no row fell on are skipped. (This count is kept in a variable, and is gone after
 * a crash; one that matters is a fold's.)
 *
 *     played at    12:00:10   12:00:50   12:03:20
 *     out          12:00 0    -          12:03 2
 */
const soFar = topic('plays-so-far', countV1, 'minute')

const counted = (by: 'stream-time' | 'wall-clock') =>
  topology('counted', ({ read }) => {
    let plays = 0
    return read(topics.playsClean, byPlayedAt).pipe(
      step(function onlyCount() {
        plays += 1
        return drop('counted')
      }),
      punctuate({ every: minutes(1), by }, (time) => [{ key: timeOfDay(time), value: { plays } }]),
      write(soFar),
    )
  })

test('4.1 by stream time, it is the rows that make time pass', async () => {
  const kafka = drive(counted('stream-time'))
  await playAt(kafka, '12:00:10', '12:00:50', '12:03:20')
  assert.deepEqual(countsIn(kafka, soFar), ['12:00 0', '12:03 2'])
})

/* By the wall clock it fires although nobody plays anything. `advance` moves that clock, and only that. */
test('4.2 by the wall clock, it is the test that makes time pass', async () => {
  const kafka = drive(counted('wall-clock'), { now: at('12:00:30') })
  await kafka.send(topics.playsClean, play())
  await kafka.advance(minutes(2))
  assert.deepEqual(countsIn(kafka, soFar), ['12:01 1', '12:02 1'])
})

/*
 * SEVERAL INPUTS that meet, in `merge` or a join, are read in the order of their time, however much waits in each; on Kafka one
 * that is behind is waited for, `MAX_TASK_IDLE_MS` at most. So a backlog makes no row late. `sendAll` has several records fetched,
 * and committed, together; `send` would process each before the next is there.
 *
 *     plays-clean       12:00  12:01  12:02  12:03          ┐
 *     duplicate-plays                  12:02:30             ┘  late: none
 */
const perMinute = foldWindow({
  windows: tumbling(minutes(1), { grace: 0 }),
  fold: countPlays,
  late: latePlay,
})

test('4.3 inputs that meet are read in the order of time', async () => {
  const both = topology('both', ({ read }) =>
    merge(read(topics.playsClean, byPlayedAt), read(topics.duplicatePlays, byPlayedAt)).pipe(
      perMinute,
      route({ open, closed, late }),
    ),
  )
  const kafka = drive(both)
  const backlog = ['12:00:00', '12:01:00', '12:02:00', '12:03:00'].map((playedAt) => play({ playedAt }))
  await kafka.sendAll([
    ...backlog.map((value) => [topics.playsClean, value] as const),
    [topics.duplicatePlays, play({ playedAt: '12:02:30' })],
  ])
  assert.deepEqual(lateIn(kafka, late), [])
  assert.deepEqual(windowsIn(kafka, closed), ['12:00–12:01 1', '12:01–12:02 1', '12:02–12:03 2'])
})

/* What is not written at all can be LOOKED AT: what steps dropped, and what a store holds, decoded. */
test('4.4 outcomes and state can be looked at', async () => {
  const kafka = drive(
    topology('per-minute', ({ read }) =>
      read(topics.playsClean, byPlayedAt).pipe(
        step((value: CleanPlay) => (value.msPlayed < 30_000 ? drop('skipped') : ok(value))),
        perMinute,
        route({ open, closed, late }),
      ),
    ),
  )
  await kafka.send(topics.playsClean, play({ msPlayed: 10 }), { key: 'ada' })
  await kafka.send(topics.playsClean, play({ playedAt: '12:00:07' }), { key: 'ada' })

  assert.deepEqual(
    kafka.outcomes().map(({ outcome, reason, count }) => [outcome, reason, count]),
    [['drop', 'skipped', 1]],
  )
  assert.deepEqual(
    kafka.state('stream-time'),
    new Map([['plays-clean', { time: at('12:00:07'), idle: false }]]),
  )
  assert.ok(kafka.state('fold-window-1').has(`${at('12:00:00')}:ada`))
})
