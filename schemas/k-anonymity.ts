/**
 * What may be published: on public channels, by the API of the dashboard, in reports and exports. A row is published when at least k
 * different listeners are in it, and what can be told by subtraction has as many. What analysts ask ClickHouse is theirs.
 */

/** How many listeners are enough, unless `K_ANONYMITY` says otherwise. */
export const DEFAULT_K = 10
/** Above that the live channel could hardly tell: its windows carry {@link LISTENER_BITS} bits of their listeners. */
export const MOST_K = 100

/** Bits by which a window tells its listeners; see `artist-total`. */
export const LISTENER_BITS = 128

/** Breakdowns that may be published, with the field that tells rows apart first, and what else it is called. There is none of two dimensions. */
const breakdowns = {
  artist: ['artistId', 'artistName'],
  minute: ['start'],
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

export interface Published<Row, Total> {
  /** In their order, with listeners in steps of k. */
  rows: Row[]
  /** Rows that are not told. */
  withheld: number
  /** Undefined where it is not told. */
  total: Total | undefined
}

/**
 * What of a breakdown may be published. With a total, which is over all rows and nothing else, what is left of it without the published rows has k listeners as
 * well, or the smallest of them is withheld, too.
 * @throws RangeError for rows of a second dimension: one thing has two rows
 */
export function publish<By extends Breakdown, Row extends RowOf<By, Row>, Total extends Counted = never>(
  by: By,
  rows: readonly Row[],
  k: number,
  total?: Total,
): Published<Row, Total> {
  requireOneDimension(by, rows)
  const enough = ({ listeners }: Counted) => listeners >= k
  const shown = new Set(rows.filter(enough))
  const left = () => rows.filter((row) => !shown.has(row))
  if (total !== undefined && !canBeLeft(left(), shown, total, k)) {
    const [smallest] = [...shown].sort((a, b) => a.listeners - b.listeners)
    if (smallest !== undefined) shown.delete(smallest)
  }
  const tellsTotal = total !== undefined && enough(total) && canBeLeft(left(), shown, total, k)
  return {
    rows: [...shown].map((row) => inSteps(row, k)),
    withheld: rows.length - shown.size,
    total: tellsTotal ? inSteps(total, k) : undefined,
  }
}

/**
 * Whether rows that are withheld may be told together. Who is in several of them is not known: there are at least as many listeners as in the largest, and
 * as the total has beside all that are shown.
 */
function canBeLeft(left: readonly Counted[], shown: Iterable<Counted>, total: Counted, k: number): boolean {
  const inLargest = Math.max(0, ...left.map(({ listeners }) => listeners))
  const besides = [...shown].reduce((rest, { listeners }) => rest - listeners, total.listeners)
  return left.length === 0 || Math.max(inLargest, besides) >= k
}

/** Whether a figure of a part of a row may be told: of that, and of what it leaves, are k listeners, or none. */
export const canBeParted = (part: number, rest: number, k: number): boolean =>
  [part, rest].every((listeners) => listeners === 0 || listeners >= k)

const inSteps = <Row extends Counted>(row: Row, k: number): Row => ({
  ...row,
  listeners: Math.floor(row.listeners / k) * k,
})

function requireOneDimension(by: Breakdown, rows: readonly object[]): void {
  const [field] = breakdowns[by]
  const keys = new Set(rows.map((row) => (row as Record<string, unknown>)[field]))
  if (keys.size < rows.length)
    throw new RangeError(
      `by ${by}: a ${field} has several rows, so there is a second dimension: one at a time can be published`,
    )
}
