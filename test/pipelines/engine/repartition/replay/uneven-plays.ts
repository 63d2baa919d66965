import { numbers } from '../../../../kit/numbers.ts'
import { MINUTE_MS, GRACE_MS, type ReplayedPlay } from './replayed-minutes.ts'

/** What part of all plays is in each partition: over the same hours, so that the smallest is through them long before the largest. */
const SHARES = [0.55, 0.25, 0.15, 0.05]
export const PARTITIONS = SHARES.length

const ARTISTS = 2_000
const BEGIN = Date.UTC(2026, 0, 1, 12)
const HOURS_MS = 120 * MINUTE_MS
/** How far plays of a partition are out of order, ms: late is none of them by that. */
const DISORDER_MS = GRACE_MS - 1
/** One play in so many comes later than that. */
const LATE_ONE_IN = 2_000
const LATE_MS = 10 * MINUTE_MS
/** Of numbers from 0 to below 1. */
const FINENESS = 2 ** 30

/** The artist of the last play of each partition, which closes all windows before it. */
export const CLOSING = 'closing'

/** The plays of a partition in the order in which they lie there; `count` is of all partitions. */
export function* unevenPlays(partition: number, count: number, seed: number): Generator<ReplayedPlay> {
  const below = numbers(seed * PARTITIONS + partition + 1)
  const random = () => below(FINENESS) / FINENESS
  const own = Math.round(count * SHARES[partition]!)
  for (let index = 0; index < own; index++) {
    const behind = random() < 1 / LATE_ONE_IN ? LATE_MS : DISORDER_MS
    const at = BEGIN + Math.floor((index / own) * HOURS_MS - random() * behind)
    // Zipf with exponent 1.
    const artist = `artist-${Math.floor(ARTISTS ** random())}`
    yield { id: index * PARTITIONS + partition, artist, at }
  }
  yield { id: -1 - partition, artist: CLOSING, at: BEGIN + 2 * HOURS_MS }
}

export interface Wanted {
  /** Ids of plays that were late in their own partition. */
  late: Set<number>
  /** Plays of `artist start`. */
  minutes: Map<string, number>
}

/** What is to come out, by a loop over each partition. */
export function wantedOf(count: number, seed: number): Wanted {
  const wanted: Wanted = { late: new Set(), minutes: new Map() }
  for (let partition = 0; partition < PARTITIONS; partition++) {
    let streamTime = -Infinity
    for (const { id, artist, at } of unevenPlays(partition, count, seed)) {
      streamTime = Math.max(streamTime, at)
      const start = Math.floor(at / MINUTE_MS) * MINUTE_MS
      const minute = `${artist} ${start}`
      if (start + MINUTE_MS + GRACE_MS <= streamTime) wanted.late.add(id)
      else if (artist !== CLOSING) wanted.minutes.set(minute, (wanted.minutes.get(minute) ?? 0) + 1)
    }
  }
  return wanted
}
