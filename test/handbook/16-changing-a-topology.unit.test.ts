/**
 * Chapter 16. Changing a topology.
 *
 * On the day on which you change a topology its state is on Kafka already, and was written by what it was before. This chapter says
 * what of that the next version finds, what it refuses, and what nobody notices but you. By kind of change:
 *
 *     a step, a filter, a topic that is written     from the next row on
 *     another key of `keyBy`                        the same; what has been counted under the old keys stays there
 *     another name of the topology                  begins anew: reads what the inputs still keep, and writes its outputs again
 *     one more operator with a store                begins empty, behind the others of its kind
 *     … before one of its kind, or one taken away   those behind it get each other's state (16.1): give a new name instead
 *     length, grace or kind of windows              refused, with both (16.2)
 *     what `combine` combines                       a new figure begins empty (chapter 5)
 *     another shape of a fold's state               refused, with the state's name (16.3)
 *     another shape of a topic                      a next version of its schema; the registry says whether it may be
 *     another number of partitions                  refused at start: keys would be looked for elsewhere
 *
 * What is no longer used is left: a changelog from which no store is restored is yours to delete.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Fold,
  type Sources,
  type StoreCodec,
  type Topic,
  avroState,
  combine,
  count,
  drop,
  foldWindow,
  hours,
  minutes,
  ok,
  only,
  step,
  topology,
  tumbling,
  write,
} from '../../pipelines/engine/index.ts'
import { drive } from '../../pipelines/engine/testing/drive.ts'
import { latePlay } from '../../pipelines/steps/late-play.ts'
import type { ArtistTotal, CleanPlay } from '../../schemas/events.ts'
import { topics } from '../../schemas/topics.ts'
import { play } from '../kit/builders.ts'

const byPlayedAt = { time: (value: CleanPlay) => value.playedAt }

const totalOf = (plays: number, msPlayed: number, name: string, start: number, end: number): ArtistTotal => ({
  artistId: name,
  artistName: name,
  windowStart: start,
  windowEnd: end,
  plays,
  msPlayed,
  listeners: 0,
  receivedAt: 0,
})

const playsOnly = combine({ plays: count() }, ({ plays }, name, { start, end }) =>
  totalOf(plays, 0, name, start, end),
)

/* The definition of a topology runs again after each crash of the driver: so a test can let its next version take over. */
function inVersions(...versions: ((sources: Sources) => unknown)[]) {
  let version = 0
  const kafka = drive(topology('plays', (sources) => versions[version]!(sources)))
  function deploy(): void {
    version += 1
    kafka.crash()
  }
  return { kafka, deploy }
}

/** Windows as `12:00–13:00 plays`. */
function told(kafka: ReturnType<typeof drive>, topic: Topic<ArtistTotal>): string[] {
  const clock = (time: number) => new Date(time).toISOString().slice(11, 16)
  return kafka
    .written(topic)
    .map(({ value }) => `${clock(value.windowStart)}–${clock(value.windowEnd)} ${value.plays}`)
}

const updates = <State>(sizeMs: number, fold: Fold<CleanPlay, State, ArtistTotal>) =>
  foldWindow({ windows: tumbling(sizeMs, { grace: 0 }), fold, late: latePlay, emit: 'on-update' })

/*
 * A STORE is found again by the name of the topology and its place among its kind, counted in the order of your code: `fold-window-1`,
 * `fold-window-2`. So a second `foldWindow` belongs behind the first. Before it, it is the first, and takes over what
 * the other has counted: here skips have the hour's plays, and plays begin again. Nothing fails, for both are counts by the hour.
 */
function onlySkips(value: CleanPlay) {
  return value.msPlayed < 30_000 ? ok(value) : drop('played')
}

test('16.1 a store is named by its place: an operator that is put before another takes its state', async () => {
  const { kafka, deploy } = inVersions(
    ({ read }) =>
      read(topics.playsClean, byPlayedAt).pipe(
        updates(hours(1), playsOnly),
        only('open'),
        write(topics.artistTotals),
      ),
    ({ read }) => {
      const rows = read(topics.playsClean, byPlayedAt)
      const skips = rows.pipe(step(onlySkips), updates(hours(1), playsOnly)) // new, and fold-window-1
      const plays = rows.pipe(updates(hours(1), playsOnly)) // from now on fold-window-2
      skips.pipe(only('open'), write(topics.artistTotalsLive))
      plays.pipe(only('open'), write(topics.artistTotals))
    },
  )
  for (const playedAt of ['12:00:10', '12:00:20'])
    await kafka.send(topics.playsClean, play({ playedAt }), { key: 'abba' })
  deploy()
  await kafka.send(topics.playsClean, play({ playedAt: '12:00:30', msPlayed: 5_000 }), { key: 'abba' })

  assert.deepEqual(told(kafka, topics.artistTotalsLive), ['12:00–13:00 3'])
  assert.deepEqual(told(kafka, topics.artistTotals), ['12:00–13:00 1', '12:00–13:00 2', '12:00–13:00 1'])
})

/*
 * The LENGTH of windows decides which rows are in one state, and the grace what has been closed. With others what is open would be
 * taken for other windows: an hour's two plays for those of its first ten minutes, which closed long ago. So that is refused
 * at the first row, and nothing is lost: set it back, or give the topology another name – then it begins anew, under the
 * new length, with all that the inputs still keep.
 *
 *     played at     12:01   12:25  ┆  12:26
 *     hours         12:00, 2 open  ┆
 *     ten minutes                  ┆  12:20?   which of the two plays are in it, nobody can tell
 */
test('16.2 windows of another length are refused, with what they were and what they are to be', async () => {
  const byLength = (sizeMs: number) => (sources: Sources) =>
    sources
      .read(topics.playsClean, byPlayedAt)
      .pipe(updates(sizeMs, playsOnly), only('open'), write(topics.artistTotals))
  const { kafka, deploy } = inVersions(byLength(hours(1)), byLength(minutes(10)))
  for (const playedAt of ['12:01:00', '12:25:00']) await kafka.send(topics.playsClean, play({ playedAt }))
  deploy()
  await assert.rejects(
    kafka.send(topics.playsClean, play({ playedAt: '12:26:00' })),
    /cut into tumbling windows, sizeMs 3600000.* to be cut into .* sizeMs 600000.* another name/,
  )
})

/*
 * The SHAPE of a state is what its codec says, and bytes do not say who wrote them. What cannot be read with the new one is refused
 * before any row is; the error names the state and two ways out. A codec that reads both needs no new name: from the first
 * change on it writes the new shape, and the old one dies out.
 */
interface Hourly {
  plays: number
  msPlayed: number
}

const long = (name: keyof Hourly) => ({ name, type: 'long' as const })
const before = avroState<Omit<Hourly, 'msPlayed'>>({
  type: 'record',
  name: 'Hourly',
  fields: [long('plays')],
})
const after = avroState<Hourly>({
  type: 'record',
  name: 'Hourly',
  fields: [long('plays'), long('msPlayed')],
})

const eitherOne: StoreCodec<Hourly> = {
  encode: (state) => after.encode(state),
  decode(bytes) {
    try {
      return after.decode(bytes)
    } catch {
      return { ...before.decode(bytes), msPlayed: 0 }
    }
  },
}

const hourly = (codec: StoreCodec<Hourly>): Fold<CleanPlay, Hourly, ArtistTotal> => ({
  initial: () => ({ plays: 0, msPlayed: 0 }),
  add: (state, { msPlayed }) => ({ plays: state.plays + 1, msPlayed: state.msPlayed + msPlayed }),
  result: ({ plays, msPlayed }, name, { start, end }) => totalOf(plays, msPlayed, name, start, end),
  codec,
})

/** Hours by `fold`. */
const hoursBy =
  (fold: Fold<CleanPlay, Hourly, ArtistTotal>) =>
  ({ read }: Sources) =>
    read(topics.playsClean, byPlayedAt).pipe(
      updates(hours(1), fold),
      only('open'),
      write(topics.artistTotalsLive),
    )

test('16.3 state of another shape is refused, by name; a codec that reads both goes on with it', async () => {
  const old = hourly({ ...after, encode: (state) => before.encode(state) })
  async function deployed(codec: StoreCodec<Hourly>) {
    const { kafka, deploy } = inVersions(hoursBy(old), hoursBy(hourly(codec)))
    await kafka.send(topics.playsClean, play({ msPlayed: 60_000 }))
    deploy()
    await kafka.send(topics.playsClean, play({ msPlayed: 60_000 }))
    return kafka.written(topics.artistTotalsLive).at(-1)?.value
  }

  await assert.rejects(deployed(after), /state Hourly was written in another shape: .* codec that reads both/)
  const total = await deployed(eitherOne)
  assert.deepEqual([total?.plays, total?.msPlayed], [2, 60_000])
})
