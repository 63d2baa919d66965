/**
 * Chapter 9. Late rows.
 *
 * A phone in a tunnel plays on, and sends its plays when it is out again. So a window waits for a while, its grace, before it
 * closes. What comes after is late: it has an output of its own. This chapter is about what is emitted when, and how to choose.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type EmitWindows,
  avroSchema,
  foldWindow,
  hopping,
  hours,
  minutes,
  route,
  topic,
  topology,
  tumbling,
} from '../../pipelines/engine/index.ts'
import { drive } from '../../pipelines/engine/testing/drive.ts'
import { latePlay } from '../../pipelines/steps/late-play.ts'
import { topics } from '../../schemas/topics.ts'
import { at, play } from '../kit/builders.ts'
import { byPlayedAt, countPlays, lateIn, playAt, timeOfDay, windowsIn } from './kit.ts'
import { closed, late, open } from './topics.ts'

/*
 * WHAT `late` IS GIVEN: the value, the stream time that refused it, and how far that was past the moment of closing. A play in
 * overlapping windows may be late for one and in time for the next: then the next counts it, and `windows` is how many refused it.
 *
 *     12:00     12:05     12:10     12:15     12:20
 *       |---------A---------| grace 1 min: A closes at 12:11
 *                 |---------B---------|
 *       stream time is 12:12 when a play of 12:07 comes: late for A, by 1 minute; B takes it
 */
const lateness = topic(
  'lateness',
  avroSchema<{ windows: number; lateByMs: number }>('lateness.v1', {
    type: 'record',
    name: 'Lateness',
    fields: [
      { name: 'windows', type: 'long' },
      { name: 'lateByMs', type: 'long' },
    ],
  }),
  'user',
)

test('9.1 `late` is given by how much a row came too late, and for how many windows', async () => {
  const kafka = drive(
    topology('overlapping', ({ read }) =>
      read(topics.playsClean, byPlayedAt).pipe(
        foldWindow({
          windows: hopping(minutes(10), { advance: minutes(5), grace: minutes(1) }),
          fold: countPlays,
          late: (_play, { windows, lateByMs }) => ({ windows, lateByMs }),
          emit: 'on-close',
        }),
        route({ closed, late: lateness }),
      ),
    ),
  )
  await playAt(kafka, '12:01:00', '12:12:00', '12:07:00', '12:30:00')
  assert.deepEqual(
    kafka.written(lateness).map(({ value }) => value),
    [{ windows: 1, lateByMs: minutes(1) }],
  )
  assert.deepEqual(windowsIn(kafka, closed), [
    '11:55–12:05 1',
    '12:00–12:10 1',
    '12:05–12:15 2',
    '12:10–12:20 1',
  ])
})

/*
 * EMIT decides which outputs there are, and so which topics `route` asks for.
 *
 *                     open                  closed                    late    for
 *     'both'          each update           once, at end and grace    yes     a screen, and a record of what was
 *     'on-update'     each update           -                         yes     a screen alone
 *     'on-close'      -                     once, at end and grace    yes     an invoice, an alert, a mail
 *
 * `late` is always there: a row that no window takes always goes to `late`.
 */
const perHour = <E extends EmitWindows>(emit: E, grace: number) =>
  foldWindow({ windows: tumbling(hours(1), { grace }), fold: countPlays, late: latePlay, emit })

test('9.2 on update there is no output closed, although windows close', async () => {
  const kafka = drive(
    topology('on-update', ({ read }) =>
      read(topics.playsClean, byPlayedAt).pipe(perHour('on-update', minutes(5)), route({ open, late })),
    ),
  )
  await playAt(kafka, '12:10:00', '12:50:00', '13:05:00', '12:59:00')
  assert.deepEqual(windowsIn(kafka, open), ['12:00–13:00 1', '12:00–13:00 2', '13:00–14:00 1'])
  assert.deepEqual(lateIn(kafka, late), ['12:59'])
})

/*
 * UPDATES ARE ABSOLUTE: each is the whole result of its window, not what has been added. Whoever shows them keeps the last for
 * each key and window, may miss some, and may get one twice. At the end the last one equals that of `closed`.
 */
test('9.3 the last update of a window is what it closes with', async () => {
  const kafka = drive(
    topology('both', ({ read }) =>
      read(topics.playsClean, byPlayedAt).pipe(perHour('both', minutes(5)), route({ open, closed, late })),
    ),
  )
  await playAt(kafka, '12:10:00', '13:01:00', '12:50:00', '13:02:00', '14:30:00')
  assert.deepEqual(windowsIn(kafka, open), [
    '12:00–13:00 1',
    '13:00–14:00 1',
    '12:00–13:00 2',
    '13:00–14:00 2',
    '14:00–15:00 1',
  ])
  const screen = new Map(kafka.written(open).map(({ value }) => [value.from, value.plays]))
  for (const { value } of kafka.written(closed)) assert.equal(screen.get(value.from), value.plays)
  assert.deepEqual(windowsIn(kafka, closed), ['12:00–13:00 2', '13:00–14:00 2'])
})

/*
 * THE FUTURE is the other side. Stream time is the highest time of all rows of a task, whatever their keys (chapter 7). One phone
 * whose clock is six hours fast would close everybody's windows, and make everybody late until the evening:
 *
 *     Kafka has it at   12:10       12:11        12:12
 *     played at         ada 12:10   eve 18:11    ada 12:12 ┄┄ would be late by five hours
 *
 * So a time may be ahead of the moment at which Kafka got the record by `aheadMs` at most; without it, by the smallest grace of
 * what goes by it. What is further ahead is a dead letter, `time_in_future`, and time stands. More than the grace is refused at
 * start.
 */
test('9.4 one fast phone makes nobody late', async () => {
  const kafka = drive(
    topology('with-a-fast-phone', ({ read }) =>
      read(topics.playsClean, byPlayedAt).pipe(perHour('on-update', minutes(5)), route({ open, late })),
    ),
  )
  for (const [key, playedAt, received] of [
    ['ada', '12:10:00', '12:10:00'],
    ['eve', '18:11:00', '12:11:00'],
    ['ada', '12:12:00', '12:12:00'],
  ] as const)
    await kafka.send(topics.playsClean, play({ playedAt }), { key, timestamp: at(received) })

  assert.deepEqual(windowsIn(kafka, open), ['12:00–13:00 1', '12:00–13:00 2'])
  assert.deepEqual(lateIn(kafka, late), [])
  assert.equal(kafka.written(topics.deadLetters)[0]?.value.reason, 'time_in_future')

  const trusting = topology('trusting', ({ read }) =>
    read(topics.playsClean, { ...byPlayedAt, aheadMs: hours(6) }).pipe(
      perHour('on-update', minutes(5)),
      route({ open, late }),
    ),
  )
  assert.throws(
    () => drive(trusting),
    /times 21600000 ms ahead would close windows with a grace of 300000 ms/,
  )
})

/*
 * HOW LONG A GRACE? It costs two things: `closed` is emitted that much later, and windows are in memory that much longer. It buys
 * rows. Begin with what you can wait for, look at `lateByMs` of the rows that were late, and see what a longer one would have
 * won:
 *
 *     grace      12 to 13 h is closed by    late             lateByMs
 *     5 min      13:06                      12:58, 12:59     1 min, 15 min
 *     20 min     13:20                      12:59            0 min          closed at the very moment that it came
 *     30 min     13:40                      -
 *
 * Screens need no grace, for `open` is there at once; and whoever adds up history reads the plays themselves. So a grace decides
 * only what `closed` has, and when.
 */
test('9.5 a longer grace has fewer late rows, and closes later', async () => {
  const played = ['12:10:00', '13:06:00', '12:58:00', '13:20:00', '12:59:00', '13:40:00']
  const lateWith = async (grace: number) => {
    const kafka = drive(
      topology('graces', ({ read }) =>
        read(topics.playsClean, byPlayedAt).pipe(perHour('on-close', grace), route({ closed, late })),
      ),
    )
    await playAt(kafka, ...played)
    return [
      windowsIn(kafka, closed),
      kafka
        .written(late)
        .map(({ value: { playedAt, lateByMs } }) => `${timeOfDay(playedAt)} by ${lateByMs / minutes(1)} min`),
    ]
  }
  assert.deepEqual(await lateWith(minutes(5)), [['12:00–13:00 1'], ['12:58 by 1 min', '12:59 by 15 min']])
  assert.deepEqual(await lateWith(minutes(20)), [['12:00–13:00 2'], ['12:59 by 0 min']])
  assert.deepEqual(await lateWith(minutes(30)), [['12:00–13:00 3'], []])
})

/*
 * WHO IS TO HEAR OF IT? `late` is a topic of its own, with a value that says what its readers need. Where nobody reads it, and yet nothing may be
 * lost, the record itself can be set aside: sealed, byte for byte, beside those that could not be read.
 */
test('9.6 what is late can become a dead letter, if it is asked for', async () => {
  const kafka = drive(
    topology('kept', ({ read }) =>
      read(topics.playsClean, byPlayedAt).pipe(
        perHour('on-close', minutes(5)),
        route({ closed, late: 'dead-letter' }),
      ),
    ),
  )
  await playAt(kafka, '12:10:00', '13:06:00', '12:58:00')
  const [letter, ...others] = kafka.written(topics.deadLetters).map(({ value }) => value)
  assert.equal(others.length, 0)
  assert.deepEqual([letter!.late, letter!.reason, letter!.stage], [true, 'window_closed', 'kept'])
  assert.deepEqual(kafka.outcomes(), [{ step: 'route', outcome: 'late', reason: 'window_closed', count: 1 }])
  // @ts-expect-error: what is not late is not set aside
  assert.ok(() => perHour('on-close', 0)(null as never).pipe(route({ closed: 'dead-letter', late })))
})
