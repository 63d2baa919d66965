/**
 * Chapter 10. Joins of streams.
 *
 * A radio station plays a song, and a listener looks it up: two things that happened, in two topics, near in time. `joinStream`
 * finds such pairs. Chapter 6 has shown one; this chapter is about its edges: which rows are near, when a row without a
 * partner is emitted, and what is remembered for how long.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filter } from 'rxjs'
import {
  avroSchema,
  joinStream,
  keyBy,
  minutes,
  only,
  route,
  seconds,
  topic,
  topicState,
  topology,
  write,
} from '../../pipelines/engine/index.ts'
import { type TopologyDriver, drive } from '../../pipelines/engine/testing/drive.ts'
import { topics } from '../../schemas/topics.ts'
import { at, play } from '../kit/builders.ts'
import { byPlayedAt } from './kit.ts'

interface Moment {
  what: string
  at: number
}

const momentV1 = avroSchema<Moment>('moment.v1', {
  type: 'record',
  name: 'Moment',
  fields: [
    { name: 'what', type: 'string' },
    { name: 'at', type: 'long' },
  ],
})

/* Both by track: a song on the radio, and a search for it. */
const aired = topic('aired', momentV1, 'track')
const searched = topic('searched', momentV1, 'track')
const joined = topic('joined', momentV1, 'track')
const late = topic('late', momentV1, 'track')

const byAt = { time: (value: Moment) => value.at }
const moment = topicState(aired)

/* Two rows are near if they are at most a minute apart, whichever is first. The grace is for rows that come out of order. */
const near = { within: minutes(1), grace: seconds(30), leftCodec: moment, rightCodec: moment }
const named = (one: Moment | null, other: Moment | null): Moment => ({
  what: `${one?.what ?? 'nothing'} + ${other?.what ?? 'nothing'}`,
  at: Math.max(one?.at ?? 0, other?.at ?? 0),
})

const airedAndSearched = (kind: 'inner' | 'left' | 'outer') =>
  topology(kind, ({ read }) =>
    read(aired, byAt).pipe(
      joinStream(read(searched, byAt), {
        ...near,
        kind,
        join: named,
        late: ({ side, value }, { lateByMs }): Moment => ({
          ...value,
          what: `${side} ${lateByMs / 1_000} s`,
        }),
      }),
      route({ joined, late }),
    ),
  )

type Happening = [to: typeof aired, what: string, time: string]

async function happen(kafka: TopologyDriver, ...all: Happening[]): Promise<void> {
  for (const [to, what, time] of all) await kafka.send(to, { what, at: at(time) }, { key: 't1' })
}

const whatIn = (kafka: TopologyDriver, from = joined) => kafka.written(from).map(({ value }) => value.what)

/*
 * INNER: pairs alone. A pair comes when its second row does, at once; the grace holds nothing up. A row has as many pairs as it
 * has partners, and they come in the order of their time.
 *
 *     aired        A 12:00:00            B 12:00:50
 *     searched              x 12:00:40              y 12:01:30    z 11:59:20, out of order
 *     joined                A + x        B + x      B + y         A + z
 */
test('10.1 each pair comes once, as soon as both are there', async () => {
  const kafka = drive(airedAndSearched('inner'))
  await happen(kafka, [aired, 'A', '12:00:00'], [searched, 'x', '12:00:40'], [aired, 'B', '12:00:50'])
  assert.deepEqual(whatIn(kafka), ['A + x', 'B + x'])
  await happen(kafka, [searched, 'y', '12:01:30'], [searched, 'z', '11:59:20'])
  assert.deepEqual(whatIn(kafka), ['A + x', 'B + x', 'B + y', 'A + z'])
})

/*
 * LEFT: a row of the left without a partner is emitted, too, with null – once no partner can come. It may be a minute younger, and
 * 30 seconds out of order; so stream time has to be PAST time + within + grace. It is rows that move it, of either side.
 *
 *     12:00:00            12:01:00       12:01:30 │
 *        A ────── within ────┼──── grace ────┤    │ A + nothing
 *        │ partners are near │ out of order  │    │ what comes now does not find it any more
 *
 * So a row has pairs, or one null, and never both: nothing has to be taken back.
 */
test('10.2 a row without a partner is emitted once stream time is past within and grace, not before', async () => {
  const kafka = drive(airedAndSearched('left'))
  await happen(kafka, [aired, 'A', '12:00:00'], [aired, 'B', '12:01:30'])
  assert.deepEqual(whatIn(kafka), [])
  await happen(kafka, [aired, 'C', '12:01:30.001'])
  assert.deepEqual(whatIn(kafka), ['A + nothing'])
  await happen(kafka, [searched, 'x', '12:00:30.500'])
  assert.deepEqual(whatIn(kafka), ['A + nothing', 'B + x', 'C + x'])
})

/* OUTER: the same for both sides. A search without a song is emitted with null on the left. */
test('10.3 in an outer join a row of either side is emitted without a partner', async () => {
  const kafka = drive(airedAndSearched('outer'))
  await happen(kafka, [aired, 'A', '12:00:00'], [searched, 'x', '12:10:00'], [aired, 'B', '12:20:00'])
  assert.deepEqual(whatIn(kafka), ['A + nothing', 'nothing + x'])
})

/*
 * A row is LATE when no row that is still in time could be its partner. One of 12:00 is remembered for twice `within`, and grace:
 * until then it may be the partner of one that is a minute younger and still waits. So in inner joins as in outer ones.
 *
 *     12:00:00          12:01:30                    12:02:30
 *        ├─ within + grace ─┼───────── within ─────────┤ forgotten; one of 12:00:00 that comes now is late
 *
 * Late or not, it meets what is remembered: here A2 of 12:00:00 still finds x. It goes to `late`, and is not remembered itself.
 * Leave `late` out, of the options or of `route`, and it does not compile.
 */
test('10.4 a row is remembered for twice within and grace; one that comes after that is late', async () => {
  const kafka = drive(airedAndSearched('inner'))
  await happen(kafka, [aired, 'A1', '12:00:00'], [searched, 'x', '12:00:50'])
  assert.equal(kafka.state('join-stream-1-left').size, 1)
  await happen(kafka, [aired, 'B', '12:02:30'])
  assert.deepEqual([...kafka.state('join-stream-1-left').keys()], [`${at('12:02:30')}:0:t1`])

  await happen(kafka, [aired, 'A2', '12:00:00'], [searched, 'y', '12:00:10'])
  assert.deepEqual(whatIn(kafka, late), ['left 0 s'])
  assert.deepEqual(whatIn(kafka), ['A1 + x', 'A2 + x'])
})

/*
 * WHAT IS STORED: each row of either side, whole, for 2 · within + grace; with a minute and 30 seconds that is two and a half
 * minutes of both topics. `leftCodec` and `rightCodec` say how. Store little: `map` rows to what `join` needs before they get there.
 *
 * DIFFERENT KEYS. Plays are spread by user, what is on the radio by track: they do not compile as they are. `keyBy` gives one
 * side the other's word. In the same way a stream meets itself: listeners who play one track within a minute. Behind `keyBy` it
 * is joined with itself, where each row finds itself and each pair is found from both ends; `filter` keeps one of them.
 */
const playsByTrack = topic('plays-by-track', topics.playsClean.value, 'track')
const playState = topicState(topics.playsClean)

const together = topology('together', ({ read }) => {
  const plays = read(topics.playsClean, byPlayedAt).pipe(
    keyBy((value) => value.trackId, { through: playsByTrack }),
  )
  const pairs = plays.pipe(
    joinStream(plays, {
      within: minutes(1),
      grace: seconds(30),
      join: (one, other): Moment => ({
        what: one.listener < other.listener ? `${one.listener} + ${other.listener}` : '',
        at: other.playedAt,
      }),
      late: ({ value }): Moment => ({ what: value.listener, at: value.playedAt }),
      leftCodec: playState,
      rightCodec: playState,
    }),
  )
  pairs.pipe(
    only('joined'),
    filter(({ value }) => value.what !== ''),
    write(joined),
  )
  pairs.pipe(only('late'), write(late))
})

test('10.5 a stream meets itself by another key, whatever partitions its rows came from', async () => {
  const kafka = drive(together, { partitions: 3 })
  for (const [listener, partition, trackId, playedAt] of [
    ['ada', 0, 't1', '12:00:00'],
    ['bob', 1, 't2', '12:00:10'],
    ['eve', 2, 't1', '12:00:40'],
    ['bob', 1, 't1', '12:01:20'],
  ] as const)
    await kafka.send(topics.playsClean, play({ listener, trackId, playedAt }), { key: listener, partition })
  assert.deepEqual(whatIn(kafka), ['ada + eve', 'bob + eve'])
})
