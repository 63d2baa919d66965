import { createHash } from 'node:crypto'
import { type Listening, compareIds } from './interactions.ts'

/** Listeners with fewer artists are left whole: there is too little of them to hold something back. */
export const LEAST_ARTISTS = 10
/** Of each listener one artist in so many is held back. */
const ONE_IN = 5

export interface Split {
  train: Listening[]
  /** What was held back. */
  test: Listening[]
}

/**
 * Holds back a fifth of the artists of each listener, chosen by the SHA-256 of `<salt><listener>:<artist>`: the same at each time and on each
 * machine. Another salt makes another split.
 */
export function splitByHash(rows: readonly Listening[], salt = ''): Split {
  const train: Listening[] = []
  const test: Listening[] = []
  for (const its of Map.groupBy(rows, ({ listener }) => listener).values()) {
    const held = its.length < LEAST_ARTISTS ? 0 : Math.floor(its.length / ONE_IN)
    const inOrder = its
      .map((row) => ({ row, hash: sha256(`${salt}${row.listener}:${row.artist}`) }))
      .sort((one, other) => compare(one.hash, other.hash) || compareIds(one.row.artist, other.row.artist))
    for (const [index, { row }] of inOrder.entries()) (index < held ? test : train).push(row)
  }
  return { train, test }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)
