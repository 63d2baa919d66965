import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  foldWindow,
  hopping,
  keyBy,
  session,
  sliding,
  topology,
  tumbling,
} from '../../../../pipelines/engine/index.ts'
import { drive } from '../../../../pipelines/engine/testing/drive.ts'
import type { SessionWindows, Windows } from '../../../../pipelines/engine/windows.ts'
import { tell } from '../../../kit/tell.ts'
import { type Emitted, type Refused, readings, tally } from '../windowing/folding.ts'
import { oracleOf } from '../windowing/expected.ts'
import type { OracleWindow } from '../windowing/oracle.ts'
import {
  type Arrival,
  END,
  type Sent,
  arrivals,
  drain,
  keyOf,
  readingsNamed,
  unevenSources,
  upTo,
} from './uneven-sources.ts'

const RUNS = 250

/** What a fold behind a repartition topic says. */
async function foldBehind(windows: Windows, sent: readonly Sent[], partitions: number): Promise<Emitted[]> {
  const emitted = new Map<string, Emitted>()
  const kafka = drive(
    topology('folding', ({ read }) =>
      read(readings, { time: ({ time }) => time }).pipe(
        keyBy(keyOf, { through: readingsNamed('readings-by-key') }),
        foldWindow({
          windows,
          fold: tally,
          late: ({ seq }, lateness): Refused => ({ seq, ...lateness }),
          emit: 'on-close',
        }),
        // What a run says that is lost is said again.
        tell((row) =>
          emitted.set(`${row.output} ${row.key} ${JSON.stringify(row.value)}`, row as unknown as Emitted),
        ),
      ),
    ),
    { partitions },
  )
  await drain(kafka, sent, partitions)
  return [...emitted.values()]
}

/** Closed windows, each once, as `key start: rows`. */
const closedIn = (emitted: readonly Emitted[]) =>
  emitted
    .flatMap((each) => (each.output === 'closed' ? [described({ ...each.value, key: each.key })] : []))
    .sort()

const described = ({ key, start, rows }: { key: string; start: number; rows: readonly number[] }) =>
  `${key} ${start}: ${rows.toSorted((a, b) => a - b).join(' ')}`

const lateIn = (emitted: readonly Emitted[]): Refused[] =>
  emitted.flatMap((each) => (each.output === 'late' ? [each.value] : [])).sort((a, b) => a.seq - b.seq)

/** What each fold is to say, of the rows that come to its partition. */
function expectedOf(windows: Windows, arrived: readonly Arrival[], partitions: number) {
  const late: Refused[] = []
  const closed: OracleWindow[] = []
  for (let partition = 0; partition < partitions; partition++) {
    const oracle = oracleOf(windows)
    for (const { seq, key, time, carried, watermark } of arrived.filter(({ to }) => to === partition)) {
      const { refused } = oracle.take({ seq, key, time, value: 0 }, carried, watermark)
      if (refused.length === 0) continue
      const lateByMs = Math.min(...refused.map((closedAt) => carried - closedAt))
      late.push({ seq, streamTime: carried, lateByMs, windows: refused.length })
    }
    closed.push(...oracle.close(END))
  }
  const rows = closed.map((each) => described({ ...each, rows: each.rows.map(({ seq }) => seq) }))
  return { late: late.sort((a, b) => a.seq - b.seq), closed: rows.sort() }
}

const length = (min: number) => fc.integer({ min, max: 20 })
const grace = (min: number) => fc.integer({ min, max: 12 })

const kinds: Record<'tumbling' | 'hopping' | 'sliding', fc.Arbitrary<Windows>> = {
  tumbling: fc.tuple(length(1), grace(0)).map(([size, ms]) => tumbling(size, { grace: ms })),
  hopping: fc
    .tuple(length(1), length(1), grace(0))
    .map(([a, b, ms]) => hopping(Math.max(a, b), { advance: Math.min(a, b), grace: ms })),
  sliding: fc.tuple(length(0), grace(1)).map(([difference, ms]) => sliding(difference, { grace: ms })),
}

const sources = upTo(4, (partitions) => unevenSources(partitions, ['before it', 'before its commit']))

for (const [kind, windows] of Object.entries(kinds))
  test(`${kind}: late behind a repartition is what was late in its source partition, and the rest is folded`, async () => {
    const property = fc.asyncProperty(windows, sources, async (cut, [partitions, sent]) => {
      const emitted = await foldBehind(cut, sent, partitions)
      const wanted = expectedOf(cut, arrivals(sent, partitions), partitions)
      assert.deepEqual({ late: lateIn(emitted), closed: closedIn(emitted) }, wanted)
    })
    await fc.assert(property, { numRuns: RUNS })
  })

test('session: no row is dropped that was in time in its source partition, and none is lost', async () => {
  const sessions = fc
    .tuple(length(1), grace(0))
    .map(([gap, ms]): SessionWindows => session(gap, { grace: ms }))
  const property = fc.asyncProperty(sessions, sources, async (cut, [partitions, sent]) => {
    const emitted = await foldBehind(cut, sent, partitions)
    const late = lateIn(emitted).map(({ seq }) => seq)
    const folded = emitted.flatMap((each) => (each.output === 'closed' ? [...each.value.rows] : []))
    const inTime = arrivals(sent, partitions).filter(
      ({ time, carried }) => time + cut.gapMs + cut.graceMs > carried,
    )
    for (const { seq } of inTime) assert.ok(!late.includes(seq), `${seq} was in time`)
    const rest = sent.filter(({ time }) => time < END).map(({ seq }) => seq)
    assert.deepEqual(
      [...folded, ...late].sort((a, b) => a - b),
      rest,
    )
  })
  await fc.assert(property, { numRuns: RUNS })
})
