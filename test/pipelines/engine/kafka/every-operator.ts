import { setImmediate } from 'node:timers/promises'
import { type Observable, map } from 'rxjs'
import {
  type Aggregate,
  type LateValue,
  type Lateness,
  type Row,
  type Table,
  type Topic,
  type WindowLateness,
  avroSchema,
  avroState,
  branch,
  count,
  deduplicate,
  drop,
  fold,
  foldWindow,
  hopping,
  joinGlobal,
  joinStream,
  joinTable,
  joinTables,
  keyBy,
  mapAsync,
  merge,
  minutes,
  ok,
  only,
  punctuate,
  route,
  seconds,
  session,
  sliding,
  step,
  toTable,
  topic,
  topology,
  tumbling,
  write,
} from '../../../../pipelines/engine/index.ts'

/** A listener plays, or likes, a song. `id` tells rows apart, `at` is event time, ms since 1970. */
export interface Heard {
  id: string
  song: string
  at: number
}

/** What any output says. */
export interface Line {
  text: string
}

const heardV1 = avroSchema<Heard>('heard.v1', {
  type: 'record',
  name: 'Heard',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'song', type: 'string' },
    { name: 'at', type: 'long' },
  ],
})
const lineV1 = avroSchema<Line>('line.v1', {
  type: 'record',
  name: 'Line',
  fields: [{ name: 'text', type: 'string' }],
})

/** Their records are stamped with event times, which lie far back: no broker may delete them for it. */
const kept = { 'retention.ms': '-1' }

export const inputs = {
  plays: topic('e-plays', heardV1, 'user', kept),
  likes: topic('e-likes', heardV1, 'user', kept),
  /** Tables: what a user pays for, what a song is called, and, for all tasks, who made it. */
  plans: topic('e-plans', lineV1, 'user', kept),
  titles: topic('e-titles', lineV1, 'song', kept),
  artists: topic('e-artists', lineV1, 'artist', kept),
} as const

const bySong = topic('e-plays-by-song', heardV1, 'song')

const lines = (name: string) => topic(`e-${name}`, lineV1, 'user')
const byUser = {
  firsts: topic('e-firsts', heardV1, 'user'),
  duplicates: topic('e-duplicates', heardV1, 'user'),
  hoppingOpen: lines('hopping-open'),
  hoppingClosed: lines('hopping-closed'),
  hoppingLate: lines('hopping-late'),
  slidingOpen: lines('sliding-open'),
  slidingClosed: lines('sliding-closed'),
  slidingLate: lines('sliding-late'),
  sessionClosed: lines('session-closed'),
  sessionLate: lines('session-late'),
  leftJoined: lines('left-joined'),
  leftLate: lines('left-late'),
  outerJoined: lines('outer-joined'),
  outerLate: lines('outer-late'),
  merged: lines('merged'),
  enriched: lines('enriched'),
  answered: lines('answered'),
  minutes: lines('minutes'),
} as const
const songs = {
  totals: topic('e-song-totals', lineV1, 'song'),
  closed: topic('e-song-closed', lineV1, 'song'),
  late: topic('e-song-late', lineV1, 'song'),
} as const

export const outputs: Topic<unknown>[] = [...Object.values(byUser), ...Object.values(songs)]
export const everyTopic: Topic<unknown>[] = [...Object.values(inputs), bySong, ...outputs]
/** In the order in which rows come through them. */
export const inputsInTurn: Topic<unknown>[] = [
  inputs.plays,
  inputs.likes,
  inputs.plans,
  inputs.titles,
  bySong,
]
/** Under one key, from rows of several tasks: between these there is no order. */
export const fromSeveralTasks: readonly Topic<unknown>[] = [byUser.minutes, songs.late]

const time = ({ at }: Heard) => at
const line = (text: string): Line => ({ text })

/** Which rows are in a window, and which window it is. */
const named: Aggregate<Heard, string[], Line> = {
  initial: () => [],
  add: (ids, { id }) => [...ids, id],
  merge: (a, b) => [...a, ...b],
  result: (ids, key, { start, end }) => line(`${key} [${start}, ${end}] ${ids.join(' ')}`),
  codec: avroState<string[]>({ type: 'array', items: 'string' }),
}
/** The same where rows of several tasks meet: between these there is no order. */
const namedInAnyOrder: typeof named = { ...named, add: (ids, { id }) => [...ids, id].sort() }

const late = ({ id }: Heard, { streamTime, lateByMs, windows }: WindowLateness) =>
  line(`${id} late by ${lateByMs} at ${streamTime} for ${windows}`)

/** Puts the time of a row into its text, where a test can see it. */
const seenAt = <By extends string>() =>
  map((row: Row<Line, By>) => ({ ...row, value: line(`${row.value.text} at ${row.time}`) }))

/** Answers after a while that differs from row to row. */
async function ask({ id, song }: Heard) {
  for (let rounds = id.length % 3; rounds >= 0; rounds--) await setImmediate()
  return id.endsWith('7') ? drop('unanswered') : ok(line(`${id} is ${song}`))
}

type Plays = Observable<Row<Heard, 'user'>>

function inWindows(plays: Plays): void {
  plays.pipe(
    foldWindow({
      windows: hopping(seconds(60), { advance: seconds(20), grace: seconds(15) }),
      fold: named,
      late,
    }),
    route({ open: byUser.hoppingOpen, closed: byUser.hoppingClosed, late: byUser.hoppingLate }),
  )
  plays.pipe(
    foldWindow({ windows: sliding(seconds(30), { grace: seconds(15) }), fold: named, late }),
    route({ open: byUser.slidingOpen, closed: byUser.slidingClosed, late: byUser.slidingLate }),
  )
  plays.pipe(
    foldWindow({ windows: session(seconds(10), { grace: seconds(10) }), fold: named, late }),
    route({ closed: byUser.sessionClosed, late: byUser.sessionLate }),
  )
}

function withLikes(plays: Plays, likes: Plays): void {
  const nearby = {
    within: seconds(8),
    grace: seconds(10),
    join: (play: Heard | null, like: Heard | null) =>
      line(`${play?.id ?? 'nobody'} with ${like?.id ?? 'nobody'}`),
    leftCodec: avroState<Heard>(heardV1.type),
    rightCodec: avroState<Heard>(heardV1.type),
    late: ({ side, value }: LateValue<Heard, Heard>, { lateByMs }: Lateness) =>
      line(`${side} ${value.id} late by ${lateByMs}`),
  }
  plays.pipe(
    joinStream(likes, { ...nearby, kind: 'left' }),
    route({ joined: byUser.leftJoined, late: byUser.leftLate }),
  )
  plays.pipe(
    joinStream(likes, { ...nearby, kind: 'outer' }),
    route({ joined: byUser.outerJoined, late: byUser.outerLate }),
  )
}

function branchedAndMerged(plays: Plays): void {
  const branched = plays.pipe(branch({ rock: ({ song }) => song < 's3' }, 'other'))
  const rock = branched.pipe(
    only('rock'),
    step(({ id }) => (id.endsWith('9') ? drop('skipped') : ok(line(`rock ${id}`)))),
  )
  const other = branched.pipe(
    only('other'),
    step(({ id }) => ok(line(`other ${id}`))),
  )
  merge(rock, other).pipe(write(byUser.merged))
}

function everyMinute(plays: Plays): void {
  plays.pipe(
    punctuate({ every: minutes(1), by: 'stream-time' }, () => [{ key: 'minute', value: line('minute') }]),
    step((value) => ('text' in value ? ok(value) : drop('play'))),
    seenAt(),
    write(byUser.minutes),
  )
}

function perSong(plays: Plays, titles: Table<Line, 'song'>): void {
  const rows = plays.pipe(keyBy(({ song }) => song, { through: bySong }))
  const counted = { ...count(), result: (plays: number) => plays }
  joinTables(toTable(rows.pipe(fold(counted)), { codec: avroState<number>('long') }), titles, {
    kind: 'outer',
    join: (plays, title, song) => line(`${song} ${title?.text ?? 'untitled'}: ${plays ?? 0}`),
  }).changes.pipe(write(songs.totals))
  rows.pipe(
    foldWindow({
      // Rows of several tasks come here in any order: all that are sent in one round are in time.
      windows: tumbling(minutes(5), { grace: minutes(60) }),
      emit: 'on-close',
      fold: namedInAnyOrder,
      late,
    }),
    route({ closed: songs.closed, late: songs.late }),
  )
}

/** Every operator of the engine but the wall clock's, on several inputs, with a repartition in between. */
export const everyOperator = topology('every-operator', ({ read, readTable, readGlobalTable }) => {
  const plays = read(inputs.plays, { time }).pipe(
    deduplicate({ id: ({ id }) => id, rememberMs: minutes(10) }),
    route({ first: byUser.firsts, duplicate: byUser.duplicates }),
    only('first'),
  )
  inWindows(plays)
  withLikes(plays, read(inputs.likes, { time }))
  branchedAndMerged(plays)
  everyMinute(plays)
  perSong(plays, readTable(inputs.titles))
  plays.pipe(mapAsync(ask, { concurrency: 16 }), seenAt(), write(byUser.answered))
  return plays.pipe(
    joinTable(readTable(inputs.plans), {
      kind: 'left',
      join: ({ id, song }, plan) => ({ song, text: `${id} on ${plan?.text ?? 'nothing'}` }),
    }),
    joinGlobal(readGlobalTable(inputs.artists), {
      key: ({ song }) => song,
      join: ({ text }, artist) => line(`${text} by ${artist.text}`),
    }),
    write(byUser.enriched),
  )
})
