/**
 * Chapter 3. Windows.
 *
 * A window is a stretch of event time, and `foldWindow` makes one value of the rows of one key in it. There are four kinds; all
 * need a grace, for how long rows may come out of order is nothing an engine can know.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  foldWindow,
  hopping,
  minutes,
  route,
  seconds,
  session,
  sliding,
  topology,
} from '../../pipelines/engine/index.ts'
import { drive } from '../../pipelines/engine/testing/drive.ts'
import { latePlay } from '../../pipelines/steps/late-play.ts'
import { topics } from '../../schemas/topics.ts'
import { byPlayedAt, countPlays, lateIn, playAt, windowsIn } from './kit.ts'
import { closed, late } from './topics.ts'

/*
 * HOPPING windows are of one length and begin at regular intervals, so that they overlap: the last ten minutes, every five.
 *
 *     12:00     12:05     12:10     12:15
 *       |---------A---------|
 *                 |---------B---------|        a play at 12:07 is in A and in B
 *
 * `emit: 'on-close'` emits each window once, when it is over; then there is no output `open` that could be routed.
 */
test('3.1 a play is in every window that overlaps it', async () => {
  const kafka = drive(
    topology('hopping', ({ read }) =>
      read(topics.playsClean, byPlayedAt).pipe(
        foldWindow({
          windows: hopping(minutes(10), { advance: minutes(5), grace: seconds(30) }),
          fold: countPlays,
          late: latePlay,
          emit: 'on-close',
        }),
        route({ closed, late }),
      ),
    ),
  )
  await playAt(kafka, '12:07:00', '12:11:00', '12:30:00')
  assert.deepEqual(windowsIn(kafka, closed), ['12:00–12:10 1', '12:05–12:15 2', '12:10–12:20 1'])
})

/*
 * SESSIONS have no length: one lasts until nothing is played for longer than the gap. A play that fits between two sessions makes
 * one of them, so updates of the two would have to be taken back: a session is emitted when it is over, and "both" is refused.
 *
 *     12:00   12:04          12:20     12:12        gap 10 minutes
 *       |--A--|                |B|
 *       |----------------------A----|               the last play joins them
 */
const sessions = topology('sessions', ({ read }) =>
  read(topics.playsClean, byPlayedAt).pipe(
    foldWindow({
      windows: session(minutes(10), { grace: minutes(10) }),
      fold: countPlays,
      late: latePlay,
    }),
    route({ closed, late }),
  ),
)

test('3.2 a play between two sessions makes one of them', async () => {
  const kafka = drive(sessions)
  await playAt(kafka, '12:00:00', '12:04:00', '12:20:00', '12:12:00', '13:00:00')
  assert.deepEqual(windowsIn(kafka, closed), ['12:00–12:20 4'])
})

test('3.3 a play that no open session takes, and that is too old for one of its own, is late', async () => {
  const kafka = drive(sessions)
  await playAt(kafka, '12:00:00', '12:40:00', '12:01:00')
  assert.deepEqual(windowsIn(kafka, closed), ['12:00–12:00 1'])
  assert.deepEqual(lateIn(kafka, late), ['12:01'])
})

/*
 * SLIDING windows begin and end where plays are: one for each group of plays that are within the difference of each other
 * (KIP-450). They answer “were there three within a minute?”, which windows at fixed times may cut in two.
 */
test('3.4 plays that are near each other share a window, wherever it lies', async () => {
  const kafka = drive(
    topology('sliding', ({ read }) =>
      read(topics.playsClean, byPlayedAt).pipe(
        foldWindow({
          windows: sliding(minutes(1), { grace: seconds(30) }),
          fold: countPlays,
          late: latePlay,
          emit: 'on-close',
        }),
        route({ closed, late }),
      ),
    ),
  )
  await playAt(kafka, '12:00:40', '12:01:00', '12:01:20', '12:10:00')
  assert.ok(windowsIn(kafka, closed).includes('12:00:20–12:01:20 3'))
})

/* Grace cannot be left out: how late is too late is a decision, and nobody makes it for you. */
test('3.5 a window needs a grace, and a length', () => {
  assert.throws(() => session(0, { grace: 1 }), RangeError)
  assert.throws(() => hopping(minutes(1), { advance: minutes(2), grace: 0 }), RangeError)
})
