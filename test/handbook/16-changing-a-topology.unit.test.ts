/**
 * Chapter 16. Changing a topology.
 *
 * On the day on which you change a topology its state is on Kafka already, and was written by what it was before. This chapter says
 * what of that the next version finds, what it refuses, and what changes without an error. By kind of change:
 *
 *     a step, a filter, a topic that is written     from the next row on
 *     another key of `keyBy`                        the same; what has been counted under the old keys stays there
 *     another name of the topology                  begins anew: reads what the inputs still keep, and writes its outputs again
 *     one more operator with a store                begins empty, behind the others of its kind
 *     … before one of its kind, or one taken away   those behind it get each other's state (16.1), unless they have names (16.2)
 *     another name of an operator                   refused at start on Kafka: its state would be left behind
 *     length, grace or kind of windows              refused at start, with both (16.3)
 *     what `combine` combines                       a new figure begins empty (chapter 5)
 *     another shape of a fold's state               refused if its bytes do not fit, with the state's name; fields of one type that
 *                                                   change places are NOT noticed (16.4)
 *     another shape of a topic                      a next version of its schema; the registry says whether it may be
 *     another number of partitions                  refused at start: keys would be looked for elsewhere
 *
 * What is no longer used is left: `continuo reset NAME --orphans` deletes changelogs from which no store is restored, and
 * `continuo reset NAME` has a topology begin anew under its old name.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Fold,
  type Named,
  type Sources,
  type StoreCodec,
  avroState,
  drop,
  foldWindow,
  hours,
  minutes,
  ok,
  route,
  step,
  topic,
  topology,
  tumbling,
} from '../../pipelines/engine/index.ts'
import { drive } from '../../pipelines/engine/testing/drive.ts'
import { latePlay } from '../../pipelines/steps/late-play.ts'
import type { CleanPlay } from '../../schemas/events.ts'
import { topics } from '../../schemas/topics.ts'
import { at, play } from '../kit/builders.ts'
import { byPlayedAt, countPlays, playAt, windowsIn } from './kit.ts'
import { type Plays, late, open } from './topics.ts'

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

const updates = <State>(sizeMs: number, fold: Fold<CleanPlay, State, Plays>, named: Named = {}) =>
  foldWindow({ windows: tumbling(sizeMs, { grace: 0 }), fold, late: latePlay, emit: 'on-update', ...named })

/*
 * A STORE is found again by the name of the topology and its place among its kind, counted in the order of your code: `fold-window-1`,
 * `fold-window-2`. So a second `foldWindow` belongs behind the first. Before it, it is the first, and takes over what
 * the other has counted: here skips have the hour's plays, and plays begin again. Nothing fails, for both are counts by the hour.
 */
const skips = topic('skips', open.value, 'user')

function onlySkips(value: CleanPlay) {
  return value.msPlayed < 30_000 ? ok(value) : drop('played')
}

/** Two plays, then a version that counts skips as well and before them, then a skip: the updates of both. */
async function afterSkipsCameBefore(names: { plays?: Named; skips?: Named } = {}) {
  const { kafka, deploy } = inVersions(
    ({ read }) =>
      read(topics.playsClean, byPlayedAt).pipe(
        updates(hours(1), countPlays, names.plays),
        route({ open, late }),
      ),
    ({ read }) => {
      const rows = read(topics.playsClean, byPlayedAt)
      const ofSkips = rows.pipe(step(onlySkips), updates(hours(1), countPlays, names.skips)) // new, and the first
      const ofPlays = rows.pipe(updates(hours(1), countPlays, names.plays)) // from now on the second
      ofSkips.pipe(route({ open: skips, late }))
      ofPlays.pipe(route({ open, late }))
    },
  )
  await playAt(kafka, '12:00:10', '12:00:20')
  deploy()
  await kafka.send(topics.playsClean, play({ playedAt: '12:00:30', msPlayed: 5_000 }), { key: 'ada' })
  return { skips: windowsIn(kafka, skips), plays: windowsIn(kafka, open) }
}

test('16.1 a store is named by its place: an operator that is put before another takes its state', async () => {
  assert.deepEqual(await afterSkipsCameBefore(), {
    skips: ['12:00–13:00 3'],
    plays: ['12:00–13:00 1', '12:00–13:00 2', '12:00–13:00 1'],
  })
})

/*
 * A NAME of its own ends that: what is called `plays` finds what `plays` has counted, wherever it stands. Every operator that keeps
 * state takes one; give it to each from the first day on, if there may be a second.
 */
test('16.2 an operator with a name keeps its state wherever it stands', async () => {
  assert.deepEqual(await afterSkipsCameBefore({ plays: { name: 'plays' }, skips: { name: 'skips' } }), {
    skips: ['12:00–13:00 1'],
    plays: ['12:00–13:00 1', '12:00–13:00 2', '12:00–13:00 3'],
  })
})

/*
 * The LENGTH of windows decides which rows are in one state, and the grace what has been closed. With others what is open would be
 * taken for other windows: an hour's two plays for those of its first ten minutes, which closed long ago. So that is refused
 * at start, and nothing is lost: set it back, or begin anew, by `continuo reset` or under another name – with the new length, and
 * all that the inputs still keep.
 *
 *     played at     12:01   12:25  ┆  12:26
 *     hours         12:00, 2 open  ┆
 *     ten minutes                  ┆  12:20?   which of the two plays are in it, nobody can tell
 */
const windowsOf =
  <State>(sizeMs: number, fold: Fold<CleanPlay, State, Plays>) =>
  ({ read }: Sources) =>
    read(topics.playsClean, byPlayedAt).pipe(updates(sizeMs, fold), route({ open, late }))

test('16.3 windows of another length are refused, with what they were and what they are to be', async () => {
  const { kafka, deploy } = inVersions(windowsOf(hours(1), countPlays), windowsOf(minutes(10), countPlays))
  await playAt(kafka, '12:01:00', '12:25:00')
  assert.throws(
    deploy,
    /cut into tumbling windows, sizeMs 3600000.* to be cut into .* sizeMs 600000.* another name/,
  )
})

/*
 * The SHAPE of a state is what its codec says, and bytes do not say who wrote them. What cannot be read with the new one is refused
 * before any row is; the error names the state and two ways out. A codec that reads both needs no new name: from the first
 * change on it writes the new shape, and the old one dies out. But two longs are two longs, whatever they are called:
 *
 *     written as   plays 1, msPlayed 60000
 *     read as      msPlayed 1, plays 60000       no error: so add fields at the end, and never move one
 */
interface Hourly {
  plays: number
  msPlayed: number
}

const shape = (...names: (keyof Hourly)[]): StoreCodec<Hourly> =>
  avroState({ type: 'record', name: 'Hourly', fields: names.map((name) => ({ name, type: 'long' })) })

const before = shape('plays')
const after = shape('plays', 'msPlayed')

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

const hourly = (codec: StoreCodec<Hourly>): Fold<CleanPlay, Hourly, Plays> => ({
  initial: () => ({ plays: 0, msPlayed: 0 }),
  add: (state, { msPlayed }) => ({ plays: state.plays + 1, msPlayed: state.msPlayed + msPlayed }),
  result: ({ plays }, _key, { start, end }) => ({ from: start, to: end, plays }),
  codec,
})

test('16.4 state whose bytes do not fit is refused, by name; a codec that reads both goes on; swapped fields are not noticed', async () => {
  /** The state after a play under the one codec, and another under the other. */
  async function stateOf(one: StoreCodec<Hourly>, other: StoreCodec<Hourly>) {
    const { kafka, deploy } = inVersions(windowsOf(hours(1), hourly(one)), windowsOf(hours(1), hourly(other)))
    await kafka.send(topics.playsClean, play({ msPlayed: 60_000 }), { key: 'ada' })
    deploy()
    await kafka.send(topics.playsClean, play({ msPlayed: 90_000 }), { key: 'ada' })
    const stored = kafka.state('fold-window-1').get(`${at('12:00:00')}:ada`) as { state: Hourly }
    return stored.state
  }

  const refused = /state Hourly was written in another shape: .* codec that reads both/
  await assert.rejects(stateOf(before, after), refused)
  await assert.rejects(stateOf(after, before), refused)
  assert.deepEqual(await stateOf(before, eitherOne), { plays: 2, msPlayed: 90_000 })
  assert.deepEqual(await stateOf(after, shape('msPlayed', 'plays')), { plays: 60_001, msPlayed: 90_001 })
})
