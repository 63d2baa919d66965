/** How often a listener has played an artist. */
export interface Listening {
  listener: string
  artist: string
  plays: number
}

/** A matrix most of whose cells are empty, row by row (CSR): row `i` has the columns from `starts[i]` up to, without, `starts[i + 1]`. */
export interface SparseRows {
  /** One more than there are rows. */
  readonly starts: Int32Array
  /** In order within a row. */
  readonly columns: Int32Array
  readonly values: Float64Array
}

/** A row of a sparse matrix. */
export type SparseRow = Pick<SparseRows, 'columns' | 'values'>

export function rowOf({ starts, columns, values }: SparseRows, row: number): SparseRow {
  const [from, to] = [starts[row]!, starts[row + 1]!]
  return { columns: columns.subarray(from, to), values: values.subarray(from, to) }
}

/** Who has played whom how often. Listeners and artists are found by numbers, which are in the order of their ids. */
export interface Interactions {
  readonly listeners: readonly string[]
  readonly artists: readonly string[]
  readonly byListener: SparseRows
  readonly byArtist: SparseRows
}

type Cell = readonly [row: number, column: number, value: number]

/** `rows` name each pair of a listener and an artist once. */
export function interactionsOf(rows: readonly Listening[]): Interactions {
  const listeners = sortedIds(rows.map(({ listener }) => listener))
  const artists = sortedIds(rows.map(({ artist }) => artist))
  const [listenerNumbers, artistNumbers] = [numbersOf(listeners), numbersOf(artists)]
  const cells = rows
    .map((row): Cell => [listenerNumbers.get(row.listener)!, artistNumbers.get(row.artist)!, row.plays])
    .sort((one, other) => one[0] - other[0] || one[1] - other[1])
  const turned = cells.map(([listener, artist, plays]): Cell => [artist, listener, plays])
  return {
    listeners,
    artists,
    byListener: sparse(cells, listeners.length),
    byArtist: sparse(turned, artists.length),
  }
}

/** `cells` are in order of their columns. */
function sparse(cells: readonly Cell[], rows: number): SparseRows {
  const starts = new Int32Array(rows + 1)
  for (const [row] of cells) starts[row + 1]! += 1
  for (let row = 0; row < rows; row++) starts[row + 1]! += starts[row]!
  const next = starts.slice()
  const columns = new Int32Array(cells.length)
  const values = new Float64Array(cells.length)
  for (const [row, column, value] of cells) {
    const at = next[row]!++
    columns[at] = column
    values[at] = value
  }
  return { starts, columns, values }
}

const sortedIds = (ids: readonly string[]): string[] => [...new Set(ids)].sort(compareIds)

const numbersOf = (ids: readonly string[]): ReadonlyMap<string, number> =>
  new Map(ids.map((id, number) => [id, number]))

/** Whole numbers by number, of any length, before all others, which are compared as text. Of equal scores the lower id is the better one. */
export function compareIds(one: string, other: string): number {
  const [first, second] = [digitsOf(one), digitsOf(other)]
  if ((first === undefined) !== (second === undefined)) return first === undefined ? 1 : -1
  if (first !== undefined && second !== undefined && first !== second)
    return first.length - second.length || (first < second ? -1 : 1)
  return one < other ? -1 : one > other ? 1 : 0
}

const digitsOf = (id: string): string | undefined => /^0*(\d+)$/.exec(id)?.[1]
