/**
 * What may be published: on public channels, by the API of the dashboard, in reports and exports. A row is published when at least k
 * different listeners are in it. The live channel has its own rule, in `sinks/redis/step.lua`. What analysts ask ClickHouse is theirs.
 */

/** How many listeners are enough, unless `K_ANONYMITY` says otherwise. */
export const DEFAULT_K = 10
/** Above that the live channel could hardly tell: its windows carry {@link LISTENER_BITS} bits of their listeners. */
export const MOST_K = 100

/** Bits by which a window tells its listeners; see `artist-total`. */
export const LISTENER_BITS = 128

/** Breakdowns that may be published, with the field that tells rows apart first, and what else it is called. There is none of two dimensions. */
const breakdowns = {
  minute: ['start'],
  hour: ['start'],
  day: ['start'],
  cohort: ['start'],
  artist: ['artistId', 'artistName'],
  modelVersion: ['modelVersion'],
} as const

export type Breakdown = keyof typeof breakdowns

/** Something that was counted, and of how many different listeners. */
export interface Counted {
  listeners: number
}

/** A row of one breakdown: all else in it is a figure, so that no second dimension gets through. */
type RowOf<By extends Breakdown, Row> = Counted &
  Record<(typeof breakdowns)[By][0], string | number> & {
    [Field in keyof Row]: Field extends (typeof breakdowns)[By][number] ? string | number : number
  }

/**
 * What of a breakdown may be published: rows of k listeners, in their order, with listeners in steps of k. There is no total beside them: what it has without
 * the told rows would have to be of k listeners as well.
 * @throws RangeError for rows of a second dimension: one thing has two rows
 */
export function publish<By extends Breakdown, Row extends RowOf<By, Row>>(
  by: By,
  rows: readonly Row[],
  k: number,
): Row[] {
  requireOneDimension(by, rows)
  return rows
    .filter(({ listeners }) => listeners >= k)
    .map((row) => ({ ...row, listeners: downTo(k, row.listeners) }))
}

/** Whether a figure of a part of a row may be told: of that, and of what it leaves, are k listeners, or none. */
export const canBeParted = (part: number, rest: number, k: number): boolean =>
  [part, rest].every((listeners) => listeners === 0 || listeners >= k)

const MINUTE_MS = 60_000

/**
 * Plays in steps of k, and their time (ms) in steps of k minutes, downwards; for k = 1 as they are. What one answer has beside another – an hour beside its
 * minutes, a month beside its days – is told no finer than that.
 */
export const inSteps = <Row extends { plays: number; msPlayed: number }>(row: Row, k: number): Row => ({
  ...row,
  plays: downTo(k, row.plays),
  msPlayed: downTo(k === 1 ? 1 : k * MINUTE_MS, row.msPlayed),
})

/** What of a breakdown may be published, as {@link publish} has it, its plays and their time {@link inSteps}. */
export const publishInSteps = <
  By extends Breakdown,
  Row extends RowOf<By, Row> & { plays: number; msPlayed: number },
>(
  by: By,
  rows: readonly Row[],
  k: number,
): Row[] => publish(by, rows, k).map((row) => inSteps(row, k))

/** A figure of a part of `whole` listeners, in steps of k; null if it, or what it leaves, is of a few. */
export const partInSteps = (part: number, whole: number, k: number): number | null =>
  canBeParted(part, whole - part, k) ? downTo(k, part) : null

const downTo = (step: number, figure: number): number => Math.floor(figure / step) * step

function requireOneDimension(by: Breakdown, rows: readonly object[]): void {
  const [field] = breakdowns[by]
  const keys = new Set(rows.map((row) => (row as Record<string, unknown>)[field]))
  if (keys.size < rows.length)
    throw new RangeError(
      `by ${by}: a ${field} has several rows, so there is a second dimension: one at a time can be published`,
    )
}
