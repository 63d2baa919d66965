import { hash } from 'node:crypto'
import { type Listening, compareIds } from './interactions.ts'

/** Listeners with fewer artists are in `train` alone: there is too little of them to hold something back. */
export const LEAST_ARTISTS = 10
/** Of each listener one artist in so many is held back. */
const ONE_IN = 5

export interface Split {
  train: Listening[]
  /** What is held back. */
  test: Listening[]
}

/**
 * Holds back a fifth of the artists of each listener, rounded down: those with the lowest SHA-256 of `<salt><listener>:<artist>`, so that it
 * is the same each time and on each machine. Another salt makes another split. `rows` name each pair once.
 */
export function splitByHash(rows: readonly Listening[], salt = ''): Split {
  const train: Listening[] = []
  const test: Listening[] = []
  for (const its of Map.groupBy(rows, ({ listener }) => listener).values()) {
    const most = its.length < LEAST_ARTISTS ? 0 : Math.floor(its.length / ONE_IN)
    const inOrder = its
      .map((row) => ({ row, digest: hash('sha256', `${salt}${row.listener}:${row.artist}`) }))
      .sort((one, other) => compare(one.digest, other.digest) || compareIds(one.row.artist, other.row.artist))
    for (const [index, { row }] of inOrder.entries()) (index < most ? test : train).push(row)
  }
  return { train, test }
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)
