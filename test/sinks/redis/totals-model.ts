import type { ArtistTotal } from '../../../schemas/events.ts'
import type { TopArtist } from '../../../schemas/channels.ts'
import type { PlacedRow, Step } from '../../../sinks/redis/pending-rows.ts'

export const MINUTE = 60_000

/** A record of `artist-totals-live`, as the model knows it. */
export interface TotalRecord {
  partition: number
  artist: string
  window: number
  plays: number
  ms: number
  /** Who, a bit a listener. Default: it is not told. */
  who?: number
}

export function artistTotal({ artist, window, plays, ms, who }: Omit<TotalRecord, 'partition'>): ArtistTotal {
  return {
    artistId: artist,
    artistName: `Name of "${artist}"`,
    windowStart: window * MINUTE,
    windowEnd: (window + 1) * MINUTE,
    plays,
    msPlayed: ms,
    listeners: 1,
    listenerBits: who === undefined ? '' : who.toString(16).padStart(32, '0'),
    receivedAt: window * MINUTE + plays,
  }
}

export const lastTotals = (records: readonly TotalRecord[]): TotalRecord[] => [
  ...new Map(records.map((row) => [`${row.partition}/${row.window}/${row.artist}`, row])).values(),
]

/**
 * What the store must hold, said without increments: the last total of each artist, window and partition, summed over
 * the windows that began less than `span` minutes before the newest one.
 */
export function recompute(records: TotalRecord[], span: number) {
  const newest = Math.max(...records.map(({ window }) => window))
  const artists = new Map<string, { plays: number; ms: number; who: number }>()
  const minutes = new Map<number, number>()
  for (const { artist, window, plays, ms, who = 0 } of lastTotals(records)) {
    if (window <= newest - span) continue
    const sum = artists.get(artist) ?? { plays: 0, ms: 0, who: 0 }
    artists.set(artist, { plays: sum.plays + plays, ms: sum.ms + ms, who: sum.who | who })
    minutes.set(window * MINUTE, (minutes.get(window * MINUTE) ?? 0) + plays)
  }
  return {
    artists: [...artists]
      .map(([artistId, { plays, ms, who }]) => ({
        line: { artistId, artistName: `Name of "${artistId}"`, plays, msPlayed: ms },
        who,
      }))
      .sort((a, b) => b.line.plays - a.line.plays || (a.line.artistId < b.line.artistId ? 1 : -1)),
    minutes: [...minutes].map(([start, plays]) => ({ start, plays })).sort((a, b) => a.start - b.start),
  }
}

export const listenersIn = (who: number): number => who.toString(2).replaceAll('0', '').length

/** What of a recomputation may be published: each artist, and all others together, has k listeners. */
export function listOf({ artists }: ReturnType<typeof recompute>, k: number): TopArtist[] {
  const enough = (group: typeof artists) =>
    k === 1 || listenersIn(group.reduce((all, { who }) => all | who, 0)) >= k
  const shown = artists.filter((artist) => enough([artist])).slice(0, 10)
  const others = artists.filter((artist) => !shown.includes(artist))
  if (others.length > 0 && !enough(others)) shown.pop()
  return shown.map(({ line }) => line)
}

/** Who is in each group whose plays follow from a list and from those of all: some that are told, and all without them. */
export function groupsOf({ artists }: ReturnType<typeof recompute>, top: readonly TopArtist[]): number[] {
  const told = new Set(top.map(({ artistId }) => artistId))
  const shown = artists.filter(({ line }) => told.has(line.artistId))
  // Without a list the plays of all need not be told either.
  if (shown.length === 0) return []
  return Array.from({ length: 2 ** shown.length }, (_, bits) => shown.filter((_, at) => (bits >> at) & 1))
    .flatMap((some) => [some, artists.filter((artist) => !some.includes(artist))])
    .map((group) => group.reduce((all, { who }) => all | who, 0))
}

/** Totals at the offsets from `from` on. */
export const rowsOf = (totals: Iterable<ArtistTotal>, from: number): PlacedRow<ArtistTotal>[] =>
  Array.from(totals, (value, i) => ({ offset: BigInt(from + i), value }))

/** A step that brings one total of one artist, at the offset `from` of partition 0. */
export const oneRow = (from: number, plays: number): Step<ArtistTotal> => ({
  partitions: [
    {
      partition: 0,
      from: BigInt(from),
      next: BigInt(from + 1),
      rows: rowsOf([artistTotal({ artist: 'a', window: 1, plays, ms: 0 })], from),
    },
  ],
  receivedAt: [],
  refused: [],
})
