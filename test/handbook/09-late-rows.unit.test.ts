/**
 * Chapter 9. Late rows.
 *
 * A phone in a tunnel plays on, and tells of it when it is out again. So a window waits for a while, its grace, and then says its
 * last word. What comes after is late: it has an output of its own. This chapter is about what is said when, and how to choose.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type EmitWindows,
  avroSchema,
  combine,
  count,
  foldWindow,
  hopping,
  hours,
  minutes,
  only,
  route,
  seconds,
  session,
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

interface Told {
  from: number
  plays: number
}

const toldV1 = avroSchema<Told>('told.v1', {
  type: 'record',
  name: 'Told',
  fields: [
    { name: 'from', type: 'long' },
    { name: 'plays', type: 'long' },
  ],
})
const open = topic('open-windows', toldV1, 'user')
const closed = topic('closed-windows', toldV1, 'user')
const lateRows = topic(
  'late-rows',
  avroSchema<{ windows: number; lateByMs: number }>('late-row.v1', {
    type: 'record',
    name: 'LateRow',
    fields: [
      { name: 'windows', type: 'long' },
      { name: 'lateByMs', type: 'long' },
    ],
  }),
  'user',
)

const fold = combine({ plays: count() }, ({ plays }, _key, { start }): Told => ({ from: start, plays }))
const byPlayedAt = { time: (value: CleanPlay) => value.playedAt }

async function playAt(kafka: ReturnType<typeof drive>, ...times: string[]): Promise<void> {
  for (const playedAt of times) await kafka.send(topics.playsClean, play({ playedAt }), { key: 'ada' })
}

const timeOfDay = (time: number) => new Date(time).toISOString().slice(11, 16)
const told = (kafka: ReturnType<typeof drive>, from: typeof open) =>
  kafka.written(from).map(({ value }) => `${timeOfDay(value.from)} ${value.plays}`)

/*
 * WHAT `late` IS GIVEN: the value, the stream time that refused it, and how far that was past the moment of closing. A play in
 * overlapping windows may be late for one and in time for the next; then the next counts it, and `late` says so by `windows`.
 *
 *     12:00     12:05     12:10     12:15     12:20
 *       |---------A---------| grace 1 min: A closes at 12:11
 *                 |---------B---------|
 *       stream time is 12:12 when a play of 12:07 comes: late for A, by 1 minute; B takes it
 */
test('9.1 late says by how much a row came too late, and for how many windows', async () => {
  const kafka = drive(
    topology('overlapping', ({ read }) =>
      read(topics.playsClean, byPlayedAt).pipe(
        foldWindow({
          windows: hopping(minutes(10), { advance: minutes(5), grace: minutes(1) }),
          fold,
          late: (_play, { windows, lateByMs }) => ({ windows, lateByMs }),
          emit: 'on-close',
        }),
        route({ closed, late: lateRows }),
      ),
    ),
  )
  await playAt(kafka, '12:01:00', '12:12:00', '12:07:00', '12:30:00')
  assert.deepEqual(
    kafka.written(lateRows).map(({ value }) => value),
    [{ windows: 1, lateByMs: minutes(1) }],
  )
  assert.deepEqual(told(kafka, closed), ['11:55 1', '12:00 1', '12:05 2', '12:10 1'])
})

/*
 * EMIT decides which outputs there are, and so which topics `route` asks for.
 *
 *                     open                  closed                    late    for
 *     'both'          each update           once, at end and grace    yes     a screen, and a record of what was
 *     'on-update'     each update           -                         yes     a screen alone
 *     'on-close'      -                     once, at end and grace    yes     an invoice, an alert, a mail
 *
 * `late` is always there: a row that is counted nowhere is never nowhere.
 */
const perHour = <E extends EmitWindows>(emit: E, grace: number) =>
  foldWindow({ windows: tumbling(hours(1), { grace }), fold, late: latePlay, emit })

test('9.2 on update there is no output closed, although windows close', async () => {
  const kafka = drive(
    topology('on-update', ({ read }) =>
      read(topics.playsClean, byPlayedAt).pipe(
        perHour('on-update', minutes(5)),
        route({ open, late: topics.latePlays }),
      ),
    ),
  )
  await playAt(kafka, '12:10:00', '12:50:00', '13:05:00', '12:59:00')
  assert.deepEqual(told(kafka, open), ['12:00 1', '12:00 2', '13:00 1'])
  assert.equal(kafka.written(topics.latePlays).length, 1)
})

/*
 * UPDATES ARE ABSOLUTE: each says all that its window holds, not what has been added. Whoever shows them keeps the last for each
 * key and window, may miss some, and may be told one twice. At the end the last one is what `closed` says.
 */
test('9.3 the last update of a window is what it closes with', async () => {
  const kafka = drive(
    topology('both', ({ read }) =>
      read(topics.playsClean, byPlayedAt).pipe(
        perHour('both', minutes(5)),
        route({ open, closed, late: topics.latePlays }),
      ),
    ),
  )
  await playAt(kafka, '12:10:00', '13:01:00', '12:50:00', '13:02:00', '14:30:00')
  assert.deepEqual(told(kafka, open), ['12:00 1', '13:00 1', '12:00 2', '13:00 2', '14:00 1'])
  const screen = new Map(kafka.written(open).map(({ value }) => [value.from, value.plays]))
  for (const { value } of kafka.written(closed)) assert.equal(screen.get(value.from), value.plays)
  assert.deepEqual(told(kafka, closed), ['12:00 2', '13:00 2'])
})

/* SESSIONS are told on close only: of two that become one, what was said of both could not be taken back (chapter 3). */
test('9.4 a session that is to say each update is refused', () => {
  const options = {
    windows: session(minutes(10), { grace: minutes(5) }),
    fold,
    late: latePlay,
    // The compiler refuses it, too: this is how one gets past it.
    emit: 'both' as never,
  }
  assert.throws(
    () => drive(topology('told', ({ read }) => read(topics.playsClean).pipe(foldWindow(options)))),
    /sessions cannot emit "both": .* leave out emit, or set it to "on-close"/,
  )
})

/*
 * THE FUTURE is the other side. Stream time is the highest time that was seen, of all keys of a task. One phone whose clock is
 * six hours fast would close everybody's windows, and make everybody late until the evening:
 *
 *     Kafka has it at   12:10       12:11        12:12
 *     it says           ada 12:10   eve 18:11    ada 12:12 ┄┄ would be late by five hours
 *
 * So a time may be ahead of the moment at which Kafka got the record by `aheadMs` at most; without it, by the smallest grace of
 * what goes by it. What is further ahead is a dead letter, `time_in_future`, and time stands. More than the grace is refused at
 * start.
 */
test('9.5 one fast phone makes nobody late', async () => {
  const kafka = drive(
    topology('with-a-fast-phone', ({ read }) =>
      read(topics.playsClean, byPlayedAt).pipe(
        perHour('on-update', minutes(5)),
        route({ open, late: topics.latePlays }),
      ),
    ),
  )
  for (const [key, playedAt, received] of [
    ['ada', '12:10:00', '12:10:00'],
    ['eve', '18:11:00', '12:11:00'],
    ['ada', '12:12:00', '12:12:00'],
  ] as const)
    await kafka.send(topics.playsClean, play({ playedAt }), { key, timestamp: at(received) })

  assert.deepEqual(told(kafka, open), ['12:00 1', '12:00 2'])
  assert.deepEqual(kafka.written(topics.latePlays), [])
  assert.equal(kafka.written(topics.deadLetters)[0]?.value.reason, 'time_in_future')

  const trusting = topology('trusting', ({ read }) =>
    read(topics.playsClean, { ...byPlayedAt, aheadMs: hours(6) }).pipe(
      perHour('on-update', minutes(5)),
      only('open'),
      write(open),
    ),
  )
  assert.throws(
    () => drive(trusting),
    /times 21600000 ms ahead would close windows with a grace of 300000 ms/,
  )
})

/*
 * HOW LONG A GRACE? It costs two things: `closed` is said that much later, and windows are in memory that much longer. It buys
 * rows. Begin with what you can wait for, look at `lateByMs` of the rows that were late, and see what a longer one would have
 * won:
 *
 *     grace      12 to 13 h is closed by    late             lateByMs
 *     5 min      13:06                      12:58, 12:59     1 min, 15 min
 *     20 min     13:20                      12:59            0 min          closed at the very moment that it came
 *     30 min     13:40                      -
 *
 * Screens need no grace, for `open` is there at once; and whoever adds up history reads the plays themselves. So a grace decides
 * only what a window's last word is, and when.
 */
test('9.6 a longer grace has fewer late rows, and a later last word', async () => {
  const played = ['12:10:00', '13:06:00', '12:58:00', '13:20:00', '12:59:00', '13:40:00']
  const lateWith = async (grace: number) => {
    const kafka = drive(
      topology('graces', ({ read }) =>
        read(topics.playsClean, byPlayedAt).pipe(
          perHour('on-close', grace),
          route({ closed, late: topics.latePlays }),
        ),
      ),
    )
    await playAt(kafka, ...played)
    const late = kafka.written(topics.latePlays).map(({ value }) => value)
    return [
      told(kafka, closed),
      late.map(({ playedAt, lateByMs }) => `${timeOfDay(playedAt)} by ${lateByMs / seconds(60)} min`),
    ]
  }
  assert.deepEqual(await lateWith(minutes(5)), [['12:00 1'], ['12:58 by 1 min', '12:59 by 15 min']])
  assert.deepEqual(await lateWith(minutes(20)), [['12:00 2'], ['12:59 by 0 min']])
  assert.deepEqual(await lateWith(minutes(30)), [['12:00 3'], []])
})
