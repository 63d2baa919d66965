import { tell } from '../../../kit/tell.ts'
import {
  type EmitWindows,
  type Fold,
  type WindowLateness,
  type TimeSemantics,
  avroSchema,
  avroState,
  foldWindow,
  topology,
} from '../../../../pipelines/engine/index.ts'
import { type DriveOptions, drive as inMemory } from '../../../../pipelines/engine/testing/drive.ts'
import type { Windows } from '../../../../pipelines/engine/windows.ts'
import type { Topic } from '../../../../schemas/topic.ts'

/** A row of a test: `seq` says which. */
export interface Reading {
  seq: number
  time: number
  value: number
}

export const readings: Topic<Reading> = {
  name: 'readings',
  value: avroSchema('reading', {
    type: 'record',
    name: 'Reading',
    fields: [
      { name: 'seq', type: 'int' },
      { name: 'time', type: 'long' },
      { name: 'value', type: 'long' },
    ],
  }),
  partitioning: 'any',
  config: {},
}

/** What a window amounts to. */
export interface Folded {
  start: number
  end: number
  count: number
  sum: number
  /** Which rows, in the order in which they were added. */
  rows: readonly number[]
}

interface Tally {
  count: number
  sum: number
  rows: number[]
}

/** Count, sum, and which rows: forgets, doubles or swaps nothing unseen. Changes its states, as a fold may. */
export const tally: Required<Fold<Reading, Tally, Folded>> = {
  initial: () => ({ count: 0, sum: 0, rows: [] }),
  add(state, { seq, value }) {
    state.count += 1
    state.sum += value
    state.rows.push(seq)
    return state
  },
  merge(a, b) {
    a.count += b.count
    a.sum += b.sum
    a.rows.push(...b.rows)
    return a
  },
  result: ({ count, sum, rows }, _key, { start, end }) => ({ start, end, count, sum, rows: [...rows] }),
  codec: avroState({
    type: 'record',
    name: 'Tally',
    fields: [
      { name: 'count', type: 'int' },
      { name: 'sum', type: 'long' },
      { name: 'rows', type: { type: 'array', items: 'int' } },
    ],
  }),
}

export interface Refused extends WindowLateness {
  seq: number
}

/** An output as a test sees it; `after` is the row that caused it. */
export type Emitted = { after: number; key: string; time: number } & (
  { output: 'open' | 'closed'; value: Folded } | { output: 'late'; value: Refused }
)

export interface Sending extends Reading {
  key: string
  /** Default 0. */
  partition?: number
  /** The process is killed before it. */
  crash?: boolean
}

export interface FoldingOptions extends DriveOptions {
  emit?: EmitWindows | undefined
  timeSemantics?: TimeSemantics | undefined
  /** Default: with its state in memory. */
  drive?: typeof inMemory
}

/** Folds rows by windows in the test driver, one by one. */
export async function foldAll(
  windows: Windows,
  rows: readonly Sending[],
  { emit = 'both', timeSemantics = 'task', drive = inMemory, ...options }: FoldingOptions = {},
): Promise<Emitted[]> {
  const emitted: Emitted[] = []
  const kafka = drive(
    topology('folding', ({ read }) =>
      read(readings, { time: ({ time }) => time }).pipe(
        foldWindow({
          windows,
          fold: tally,
          late: ({ seq }, lateness): Refused => ({ seq, ...lateness }),
          emit: windows.kind === 'session' ? 'on-close' : emit,
          timeSemantics,
        }),
        tell(({ key, time, origin, output, value }) =>
          emitted.push({ after: Number(origin.headers.seq), key, time, output, value } as Emitted),
        ),
      ),
    ),
    options,
  )
  for (const { key, partition = 0, crash = false, ...row } of rows) {
    if (crash) kafka.crash()
    await kafka.send(readings, row, { key, partition, headers: { seq: String(row.seq) } })
  }
  return emitted
}
