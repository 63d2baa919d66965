/**
 * Chapter 13. State and crashes.
 *
 * A topology remembers: counts, windows, ids that it has seen. Processes are killed. This chapter is about what is there again
 * afterwards, why a play is counted once although it may be processed twice, and what is not covered.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Fold,
  avroSchema,
  avroState,
  deduplicate,
  fold,
  hours,
  minutes,
  ok,
  route,
  seconds,
  step,
  topic,
  topology,
  write,
} from '../../pipelines/engine/index.ts'
import { type TopologyDriver, drive } from '../../pipelines/engine/testing/drive.ts'
import type { CleanPlay } from '../../schemas/events.ts'
import { topics } from '../../schemas/topics.ts'
import { at, play } from '../kit/builders.ts'

interface Streak {
  artistId: string
  plays: number
  longest: number
}

const field = (name: keyof Streak, type: 'string' | 'long') => ({ name, type })
const fields = [field('artistId', 'string'), field('plays', 'long'), field('longest', 'long')]

const streakV1 = avroSchema<Streak>('streak.v1', { type: 'record', name: 'Streak', fields })
const streaks = topic('streaks', streakV1, 'user')

/*
 * A FOLD OF ONE'S OWN is for what no ready-made aggregate does: how often in a row has a listener played one artist?
 * `fold` keeps one state for each key, for ever, and emits each update. All that the fold knows of the past is in its state, and
 * all that is in its state is in the codec:
 *
 *     initial    what a key has before its first row: made anew each time, for states may be changed in place
 *     add        a state and a row make the next state; of nothing else, so that it comes out the same again
 *     merge      two states as one: for windows that are put together from parts (chapter 5)
 *     result     what is emitted of a state; it changes nothing
 *     codec      a state as bytes, and back: whatever it leaves out is gone after a crash
 */
const inARow: Fold<CleanPlay, Streak, Streak, []> = {
  initial: () => ({ artistId: '', plays: 0, longest: 0 }),
  add(before, { artistId }) {
    const plays = artistId === before.artistId ? before.plays + 1 : 1
    return { artistId, plays, longest: Math.max(before.longest, plays) }
  },
  result: (streak) => ({ ...streak }),
  codec: avroState({ type: 'record', name: 'InARow', fields }),
}

const streaksBy = (how: typeof inARow) =>
  topology('streaks', ({ read }) =>
    read(topics.playsClean, { time: (value) => value.playedAt }).pipe(fold(how), write(streaks)),
  )

const streaksIn = (kafka: TopologyDriver) =>
  kafka.written(streaks).map(({ value }) => `${value.artistId} ${value.plays}, at most ${value.longest}`)

const playAll = async (kafka: TopologyDriver, ...artists: string[]) => {
  for (const artistId of artists) await kafka.send(topics.playsClean, play({ artistId }), { key: 'ada' })
}

test('13.1 a fold of one’s own emits each update, and its store holds the state under its key', async () => {
  const kafka = drive(streaksBy(inARow))
  await playAll(kafka, 'abba', 'abba', 'beck')
  assert.deepEqual(streaksIn(kafka), ['abba 1, at most 1', 'abba 2, at most 2', 'beck 1, at most 2'])
  // A store is called by its operator's kind, and its `name`, else its number among those of its kind without one. Beside the
  // state it has the time of the latest row in it.
  assert.deepEqual(
    kafka.state('fold-1'),
    new Map([['ada', { time: at('12:00:00'), value: { artistId: 'beck', plays: 1, longest: 2 } }]]),
  )
})

/*
 * THE CODEC is what comes back. As long as the process lives state is objects in memory, and a field that the codec forgot is
 * there all the same; so a test of a fold needs a crash in its middle. (A field too many in the schema is refused at once.)
 *
 *     in memory      { artistId: 'abba', plays: 2, longest: 2 }
 *     changelog      abba, 2                                            no field for `longest`
 *     after kill     { artistId: 'abba', plays: 2 }                     longest is NaN from now on
 */
test('13.2 what the codec forgets is gone after a crash, and not before', async () => {
  const schema = { type: 'record' as const, name: 'InARow', fields: fields.slice(0, 2) }
  const kafka = drive(streaksBy({ ...inARow, codec: avroState(schema) }))
  await playAll(kafka, 'abba', 'abba')
  assert.deepEqual(streaksIn(kafka).at(-1), 'abba 2, at most 2')
  kafka.crash()
  await assert.rejects(playAll(kafka, 'abba'), /longest/)
})

/*
 * EXACTLY ONCE. Three things belong to a run: the offsets of what was read, the changes of state, and what was
 * written. They go to Kafka in one transaction, so that there is never one without the others:
 *
 *                    ┌ offsets of plays-clean ┐
 *     run 1..5  ───▶ │ changelog of fold-1    │ ───▶ commit: all are there, or none is
 *                    └ streaks                ┘
 *
 *     killed before the commit     rows come again, state is as it was before them, no reader has seen an output
 *     killed after it              rows do not come again
 *
 * So a row may well be processed twice; its effect is there once. `crashBeforeCommit` of the driver dies at the worst moment.
 */
test('13.3 a crash before any commit changes no output', async () => {
  const artists = ['abba', 'abba', 'beck', 'beck', 'beck', 'abba']
  const undisturbed = drive(streaksBy(inARow))
  await playAll(undisturbed, ...artists)

  for (const [victim] of artists.entries()) {
    const kafka = drive(streaksBy(inARow))
    for (const [index, artistId] of artists.entries()) {
      if (index === victim) kafka.crashBeforeCommit()
      await playAll(kafka, artistId)
    }
    assert.deepEqual(streaksIn(kafka), streaksIn(undisturbed))
    assert.equal(kafka.committed(topics.playsClean), 6n)
  }
})

/*
 * NOT COVERED is what takes no part in the transaction: a variable of your own, a file, a request (chapter 12), the log,
 * metrics. They see each time that a row is processed, and forget with the process. And a reader of the output topic that
 * does not ask for committed rows (`read_committed`) sees what may yet be taken back.
 */
const taken = topic('taken', topics.playsClean.value, 'user')

test('13.4 a variable is no state: it counts what is processed, and forgets what was', async () => {
  let processed = 0
  const kafka = drive(
    topology('counting-beside', ({ read }) =>
      read(topics.playsClean).pipe(
        step((value: CleanPlay) => {
          processed += 1
          return ok(value)
        }),
        write(taken),
      ),
    ),
  )
  kafka.crashBeforeCommit()
  await playAll(kafka, 'abba')
  assert.deepEqual([processed, kafka.written(taken).length], [2, 1])
})

/*
 * PROCESSED AGAIN a row must give the same result: after a crash, in a replay of a year, in a test. So a step reads no clock and
 * throws no dice. What it may take for now is `now`, the time at which its record reached Kafka: that is stored beside the record,
 * and will be the same tomorrow. To sample one in ten, take a hash of the row's id.
 */
test('13.5 `now` is the record’s own: the same however late, or often, it is processed', async () => {
  const received = topology('received', ({ read }) =>
    read(topics.playsClean).pipe(
      step((value: CleanPlay, { now }) => ok({ ...value, receivedAt: now })),
      write(taken),
    ),
  )
  const kafka = drive(received, { now: at('18:00:00') })
  kafka.crashBeforeCommit()
  await kafka.send(topics.playsClean, play(), { timestamp: at('12:00:03') })
  assert.deepEqual(
    kafka.written(taken).map(({ value }) => value.receivedAt),
    [at('12:00:03')],
  )
})

/*
 * SENT TWICE is another thing than processed twice. A telephone that had no answer sends its play again, and to Kafka these are two
 * records: only an id shows that they are one play. `deduplicate` remembers ids, in its state, for as long as repetitions may come
 * (in the time of the records in Kafka, for that is when senders repeat themselves); that takes memory, so not for ever.
 *
 *     sent         12:00 e1     12:30 e1     13:00:01 e1         remembered for an hour
 *     first        e1                        e1                  too long ago to be known
 *     duplicate                 e1
 *
 * A sender keeps to one partition, or its repetition would be looked for in the wrong place. `duplicate` goes to a topic, here and in
 * `anonymise`, so that sent = first + duplicate can be counted.
 */
const again = topic('again', topics.playsClean.value, 'user')

test('13.6 what is sent again is a duplicate, through a crash, for as long as its id is remembered', async () => {
  const onlyOnce = topology('only-once', ({ read }) =>
    read(topics.playsClean).pipe(
      deduplicate({ id: (value) => value.eventId, rememberMs: hours(1) }),
      route({ first: taken, duplicate: again }),
    ),
  )
  const kafka = drive(onlyOnce, { now: at('12:00:00') })
  const repeated = play({ eventId: 'e1' })
  const counts = () => [taken, again].map((each) => kafka.written(each).length)
  await kafka.send(topics.playsClean, repeated)
  kafka.crash()
  await kafka.advance(minutes(30))
  await kafka.send(topics.playsClean, repeated)
  assert.deepEqual(counts(), [1, 1])

  await kafka.advance(minutes(30) + seconds(1))
  await kafka.send(topics.playsClean, repeated)
  assert.deepEqual(counts(), [2, 1])
})
