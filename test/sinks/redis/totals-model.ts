import type { ArtistTotal } from '../../../schemas/events.ts'
import type { TopArtistsUpdate } from '../../../schemas/channels.ts'
import type { PlacedRow } from '../../../sinks/redis/pending-rows.ts'

export const MINUTE = 60_000

/** A record of `artist-totals-live`, as the model knows it. */
export interface TotalRecord {
  partition: number
  artist: string
  window: number
  plays: number
  ms: number
}

export function artistTotal({ artist, window, plays, ms }: Omit<TotalRecord, 'partition'>): ArtistTotal {
  return {
    artistId: artist,
    artistName: `Name of "${artist}"`,
    windowStart: window * MINUTE,
    windowEnd: (window + 1) * MINUTE,
    plays,
    msPlayed: ms,
    listeners: 1,
    receivedAt: window * MINUTE + plays,
  }
}

/**
 * What the store must hold, said without increments: the last total of each artist, window and partition, summed over
 * the windows that began less than `span` minutes before the newest one.
 */
export function recompute(records: TotalRecord[], span: number): Pick<TopArtistsUpdate, 'top' | 'minutes'> {
  const last = new Map<string, TotalRecord>()
  for (const record of records) last.set(`${record.partition}/${record.window}/${record.artist}`, record)
  const newest = Math.max(...records.map(({ window }) => window))
  const top = new Map<string, { plays: number; ms: number }>()
  const minutes = new Map<number, number>()
  for (const { artist, window, plays, ms } of last.values()) {
    if (window <= newest - span) continue
    const sum = top.get(artist) ?? { plays: 0, ms: 0 }
    top.set(artist, { plays: sum.plays + plays, ms: sum.ms + ms })
    minutes.set(window * MINUTE, (minutes.get(window * MINUTE) ?? 0) + plays)
  }
  return {
    top: [...top]
      .map(([artistId, { plays, ms }]) => ({
        artistId,
        artistName: `Name of "${artistId}"`,
        plays,
        msPlayed: ms,
      }))
      .sort((a, b) => b.plays - a.plays || (a.artistId < b.artistId ? 1 : -1))
      .slice(0, 10),
    minutes: [...minutes].map(([start, plays]) => ({ start, plays })).sort((a, b) => a.start - b.start),
  }
}

/** Totals at the offsets from `from` on. */
export const rowsOf = (totals: Iterable<ArtistTotal>, from: number): PlacedRow<ArtistTotal>[] =>
  Array.from(totals, (value, i) => ({ offset: BigInt(from + i), value }))
