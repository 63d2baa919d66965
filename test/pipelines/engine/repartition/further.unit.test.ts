import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { map } from 'rxjs'
import { foldWindow, keyBy, merge, only, topology, tumbling } from '../../../../pipelines/engine/index.ts'
import { drive } from '../../../../pipelines/engine/testing/drive.ts'
import { tell } from '../../../kit/tell.ts'
import { type Folded, type Reading, readings, tally } from '../windowing/folding.ts'
import {
  type Arrival,
  type Sent,
  arrivals,
  drain,
  keyOf,
  readingsNamed,
  unevenSources,
  upTo,
} from './uneven-sources.ts'

const RUNS = 150

const time = (reading: Reading) => reading.time
const byKey = readingsNamed('readings-by-key')
const byAll = readingsNamed('readings-by-all')
const lates = readingsNamed('late-readings')

const lengths = fc.record({
  first: fc.integer({ min: 1, max: 20 }),
  second: fc.integer({ min: 1, max: 40 }),
  grace: fc.integer({ min: 0, max: 12 }),
})
const sources = upTo(3, (partitions) => unevenSources(partitions))

/** Whether a row is late for its tumbling window by what it carries. */
const isLateIn =
  (size: number, grace: number) =>
  ({ time: at, carried }: Arrival) =>
    Math.floor(at / size) * size + size + grace <= carried

/*
 *   readings ── by key ⇢ windows ── by nothing ⇢ windows of windows
 *
 * What a window has said when it closed is late nowhere behind: its own time is held back until then.
 */
test('through two repartitions: every row that was in time at its source is in both windows, and none is late in the second', async () => {
  const property = fc.asyncProperty(
    lengths,
    sources,
    async ({ first, second, grace }, [partitions, sent]) => {
      const closed: Folded[] = []
      const late: number[] = []
      const folding = topology('twice', ({ read }) =>
        read(readings, { time }).pipe(
          keyBy(keyOf, { through: byKey }),
          foldWindow({
            windows: tumbling(first, { grace }),
            fold: tally,
            late: ({ seq }: Reading) => seq,
            emit: 'on-close',
          }),
          only('closed'),
          map((row) => ({ ...row, value: { seq: 0, time: row.time, value: row.value.count } })),
          keyBy(() => 'all', { through: byAll }),
          foldWindow({
            windows: tumbling(second, { grace: 0 }),
            fold: tally,
            late: ({ value }: Reading) => value,
            emit: 'on-close',
          }),
          tell((row) => (row.output === 'closed' ? closed.push(row.value) : late.push(row.value))),
        ),
      )
      const kafka = drive(folding, { partitions })
      await drain(kafka, sent, partitions)
      assert.deepEqual(late, [])
      const end = Math.max(...closed.map((window) => window.end))
      const isLate = isLateIn(first, grace)
      const inTime = arrivals(sent, partitions).filter((each) => !isLate(each) && each.time < end)
      assert.equal(
        closed.reduce((sum, window) => sum + window.sum, 0),
        inTime.length,
      )
    },
  )
  await fc.assert(property, { numRuns: RUNS })
})

/*
 *   readings ── by key ⇢ ──┐
 *                          windows          one stream time of both: the slower counts
 *   late readings ─────────┘
 */
test('where a repartition meets a topic, each row is late by its own source', async () => {
  const property = fc.asyncProperty(lengths, unevenSources(2), async ({ first, grace }, sent) => {
    const late: number[] = []
    const folding = topology('mixed', ({ read }) =>
      merge(
        read(readings, { time }).pipe(keyBy(() => 'all', { through: byKey })),
        read(lates, { time }),
      ).pipe(
        foldWindow({
          windows: tumbling(first, { grace }),
          fold: tally,
          late: ({ seq }: Reading) => seq,
          emit: 'on-close',
        }),
        tell((row) => row.output === 'late' && late.push(row.value)),
      ),
    )
    const kafka = drive(folding, { partitions: 1 })
    await drain(kafka, sent, 2, (each) => ({ topic: isDirect(each) ? lates : readings, partition: 0 }))
    const [direct, repartitioned] = [sent.filter(isDirect), sent.filter((each) => !isDirect(each))]
    const own = [direct, repartitioned].flatMap((each) =>
      arrivals(
        each.map((one) => ({ ...one, partition: 0 })),
        1,
      ),
    )
    const wanted = own.filter(isLateIn(first, grace)).map(({ seq }) => seq)
    assert.deepEqual(
      late.toSorted((a, b) => a - b),
      wanted.toSorted((a, b) => a - b),
    )
  })
  await fc.assert(property, { numRuns: RUNS })
})

const isDirect = ({ partition }: Sent) => partition % 2 === 1
