/** How often a listener has played an artist. */
export interface Listening {
  listener: string
  artist: string
  plays: number
}

/** A matrix most of whose cells are empty, row by row (CSR): row `i` has `columns[starts[i]]` up to, without, `columns[starts[i + 1]]`. */
export interface SparseRows {
  /** One more than there are rows. */
  readonly starts: Int32Array
  /** In order within a row. */
  readonly columns: Int32Array
  readonly values: Float64Array
}

/** A row of a sparse matrix. */
export interface SparseRow {
  readonly columns: Int32Array
  readonly values: Float64Array
}

export function rowOf({ starts, columns, values }: SparseRows, row: number): SparseRow {
  const [from, to] = [starts[row]!, starts[row + 1]!]
  return { columns: columns.subarray(from, to), values: values.subarray(from, to) }
}

/** Who has played whom how often. Listeners and artists are numbered in the order of their ids, and found by these numbers. */
export class Interactions {
  readonly listeners: readonly string[]
  readonly artists: readonly string[]
  readonly byListener: SparseRows
  readonly byArtist: SparseRows

  private constructor(
    listeners: readonly string[],
    artists: readonly string[],
    cells: readonly (readonly [listener: number, artist: number, plays: number])[],
  ) {
    this.listeners = listeners
    this.artists = artists
    this.byListener = sparse(cells, listeners.length)
    this.byArtist = sparse(
      cells.map(([listener, artist, plays]) => [artist, listener, plays] as const),
      artists.length,
    )
  }

  /** Plays of the same artist by the same listener are added up. */
  static of(rows: readonly Listening[]): Interactions {
    const listenerIds = sortedIds(rows.map(({ listener }) => listener))
    const artistIds = sortedIds(rows.map(({ artist }) => artist))
    const listenerNumbers = numbersOf(listenerIds)
    const artistNumbers = numbersOf(artistIds)
    const plays = new Map<number, number>()
    for (const row of rows) {
      const cell = listenerNumbers.get(row.listener)! * artistIds.length + artistNumbers.get(row.artist)!
      plays.set(cell, (plays.get(cell) ?? 0) + row.plays)
    }
    const cells = [...plays]
      .sort(([one], [other]) => one - other)
      .map(([cell, count]) => {
        const artist = cell % artistIds.length
        return [(cell - artist) / artistIds.length, artist, count] as const
      })
    return new Interactions(listenerIds, artistIds, cells)
  }
}

function sparse(
  cells: readonly (readonly [row: number, column: number, value: number])[],
  rows: number,
): SparseRows {
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

export const numbersOf = (ids: readonly string[]): ReadonlyMap<string, number> =>
  new Map(ids.map((id, number) => [id, number]))

/** Whole numbers by number, before all others, which are compared as text. */
export function compareIds(one: string, other: string): number {
  const [first, second] = [Number(one), Number(other)]
  if (isWhole(one) && isWhole(other) && first !== second) return first - second
  if (isWhole(one) !== isWhole(other)) return isWhole(one) ? -1 : 1
  return one < other ? -1 : one > other ? 1 : 0
}

const isWhole = (id: string): boolean => /^\d{1,15}$/.test(id)
