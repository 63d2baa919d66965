import { type SparseRows, rowOf } from '../interactions.ts'
import { FoldIn, type Hyperparameters } from './fold-in.ts'
import { type Matrix, vectorOf } from './matrix.ts'

/** One side of a model, and what is known of it. */
export interface Side {
  /** Its vectors, to be found. */
  vectors: Matrix
  /** Row by row, how much each known cell counts. */
  confidences: SparseRows
}

/** A side whose vectors are still zeros, in memory that threads can share. */
export function sideOf(rows: number, width: number, { starts, columns, values }: SparseRows): Side {
  const vectors = { rows, width, values: shared(new Float64Array(rows * width), Float64Array) }
  const confidences = {
    starts: shared(starts, Int32Array),
    columns: shared(columns, Int32Array),
    values: shared(values, Float64Array),
  }
  return { vectors, confidences }
}

function shared<T extends Float64Array | Int32Array>(
  numbers: T,
  Kind: new (buffer: SharedArrayBuffer) => T,
): T {
  const copy = new Kind(new SharedArrayBuffer(numbers.byteLength))
  copy.set(numbers)
  return copy
}

/** What a training works on, in one thread or in several at once. */
export interface Workplace {
  listeners: Side
  artists: Side
  hyperparameters: Hyperparameters
}

export type SideName = 'listeners' | 'artists'

export const otherSide = { listeners: 'artists', artists: 'listeners' } as const

/** Some vectors to be found, from all those of the other side, whose Gram matrix is diagonal. */
export interface Task {
  solve: SideName
  gram: Float64Array
  from: number
  /** Exclusive. */
  until: number
}

/** Finds the vectors of a task. Each is found from those of the other side alone, so that it is the same in whichever thread. */
export function solveRows(workplace: Workplace, { solve, gram, from, until }: Task): void {
  const { vectors, confidences } = workplace[solve]
  const fixed = { vectors: workplace[otherSide[solve]].vectors, gram }
  const foldIn = new FoldIn(fixed, workplace.hyperparameters)
  for (let row = from; row < until; row++) foldIn.solve(rowOf(confidences, row), vectorOf(vectors, row))
}
