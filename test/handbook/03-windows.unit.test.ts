/**
 * Chapter 3. Windows.
 *
 * A window is a stretch of event time, and `foldWindow` makes one value of the rows of one key in it. There are four kinds; all
 * need a grace, for how long rows may come out of order is nothing an engine can know.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Topic,
  avroSchema,
  combine,
  count,
  foldWindow,
  hopping,
  minutes,
  only,
  route,
  seconds,
  session,
  sliding,
  topic,
  topology,
  write,
} from '../../pipelines/engine/index.ts'
import { drive } from '../../pipelines/engine/testing/drive.ts'
import { latePlay } from '../../pipelines/steps/late-play.ts'
import type { CleanPlay } from '../../schemas/events.ts'
import { topics } from '../../schemas/topics.ts'
import { at, play } from '../kit/builders.ts'

/* What the topologies of this chapter write: how many plays, from when to when. A schema and a topic are made in a few lines. */
interface Plays {
  from: number
  to: number
  plays: number
}

const plays = topic(
  'plays-in-window',
  avroSchema<Plays>('plays-in-window.v1', {
    type: 'record',
    name: 'PlaysInWindow',
    fields: [
      { name: 'from', type: 'long' },
      { name: 'to', type: 'long' },
      { name: 'plays', type: 'long' },
    ],
  }),
  'user',
)

const playsInWindow = combine({ plays: count() }, (figures, _key, { start, end }): Plays => ({
  from: start,
  to: end,
  plays: figures.plays,
}))

const byPlayedAt = { time: (value: CleanPlay) => value.playedAt }

/** What came out, as `from–to plays`, times of day. */
function told(kafka: ReturnType<typeof drive>, from: Topic<Plays> = plays): string[] {
  const clock = (time: number) => new Date(time).toISOString().slice(11, 19)
  return kafka.written(from).map(({ value }) => `${clock(value.from)}–${clock(value.to)} ${value.plays}`)
}

async function playAt(kafka: ReturnType<typeof drive>, ...times: string[]): Promise<void> {
  for (const playedAt of times) await kafka.send(topics.playsClean, play({ playedAt }), { key: 'ada' })
}

/*
 * HOPPING windows are of one length and begin at regular intervals, so that they overlap: the last ten minutes, every five.
 *
 *     12:00     12:05     12:10     12:15
 *       |---------A---------|
 *                 |---------B---------|        a play at 12:07 is in A and in B
 *
 * `emit: 'on-close'` says each window once, when it is over; then there is no output `open` that could be routed.
 */
test('3.1 a play is in every window that overlaps it', async () => {
  const kafka = drive(
    topology('hopping', ({ read }) =>
      read(topics.playsClean, byPlayedAt).pipe(
        foldWindow({
          windows: hopping(minutes(10), { advance: minutes(5), grace: seconds(30) }),
          fold: playsInWindow,
          late: latePlay,
          emit: 'on-close',
        }),
        route({ closed: plays, late: topics.latePlays }),
      ),
    ),
  )
  await playAt(kafka, '12:07:00', '12:11:00', '12:30:00')
  assert.deepEqual(told(kafka), ['12:00:00–12:10:00 1', '12:05:00–12:15:00 2', '12:10:00–12:20:00 1'])
})

/*
 * SESSIONS have no length: one lasts until nothing is played for longer than the gap. A play that fits between two sessions makes
 * one of them, so what was said of the two would have to be taken back: sessions are told when they are over.
 *
 *     12:00   12:04          12:20     12:12        gap 10 minutes
 *       |--A--|                |B|
 *       |----------------------A----|               the last play joins them
 */
const sessions = topology('sessions', ({ read }) =>
  read(topics.playsClean, byPlayedAt).pipe(
    foldWindow({
      windows: session(minutes(10), { grace: minutes(10) }),
      fold: playsInWindow,
      late: latePlay,
    }),
    route({ closed: plays, late: topics.latePlays }),
  ),
)

test('3.2 a play between two sessions makes one of them', async () => {
  const kafka = drive(sessions)
  await playAt(kafka, '12:00:00', '12:04:00', '12:20:00', '12:12:00', '13:00:00')
  assert.deepEqual(told(kafka), ['12:00:00–12:20:00 4'])
})

test('3.3 a play that no open session takes, and that is too old for one of its own, is late', async () => {
  const kafka = drive(sessions)
  await playAt(kafka, '12:00:00', '12:40:00', '12:01:00')
  assert.deepEqual(told(kafka), ['12:00:00–12:00:00 1'])
  assert.deepEqual(
    kafka.written(topics.latePlays).map(({ value }) => value.playedAt),
    [at('12:01:00')],
  )
})

/*
 * SLIDING windows begin and end where plays are: one for each group of plays that are within the difference of each other
 * (KIP-450). They answer “were there three within a minute?”, which windows of a raster may cut in two.
 */
test('3.4 plays that are near each other share a window, wherever it lies', async () => {
  const kafka = drive(
    topology('sliding', ({ read }) =>
      read(topics.playsClean, byPlayedAt).pipe(
        foldWindow({
          windows: sliding(minutes(1), { grace: seconds(30) }),
          fold: playsInWindow,
          late: latePlay,
          emit: 'on-close',
        }),
        only('closed'),
        write(plays),
      ),
    ),
  )
  await playAt(kafka, '12:00:40', '12:01:00', '12:01:20', '12:10:00')
  assert.ok(told(kafka).includes('12:00:20–12:01:20 3'))
})

/* Grace cannot be left out: how late is too late is a decision, and nobody makes it for you. */
test('3.5 a window needs a grace, and a length', () => {
  assert.throws(() => session(0, { grace: 1 }), RangeError)
  assert.throws(() => hopping(minutes(1), { advance: minutes(2), grace: 0 }), RangeError)
})
