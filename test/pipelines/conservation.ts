import type { ArtistTotal, LatePlay, Play } from '../../schemas/events.ts'
import { at, rawPlay } from '../kit/builders.ts'

const SIZE_MS = 60_000

/** Plays of some listeners and artists, in no order of time, over some minutes; the same ones each time. */
export function disorderlyPlays(count: number, { from = 0, minutes = 10 } = {}): Play[] {
  return Array.from({ length: count }, (_, index) => {
    const nth = from + index
    return rawPlay({
      eventId: nth.toString(16).padStart(32, '0'),
      userId: `user ${nth % 17}`,
      artistId: `artist ${nth % 5}`,
      artistName: `Artist ${nth % 5}`,
      playedAt: at('12:00:00') + ((nth * 7_919) % (minutes * SIZE_MS)),
      msPlayed: 1_000 + (nth % 1_000),
    })
  })
}

/** Plays that close every window in every partition: an hour later, of enough users and artists to reach all. */
export function closingPlays(): Play[] {
  return Array.from({ length: 64 }, (_, index) =>
    rawPlay({ userId: `closing user ${index}`, artistId: `closing ${index}`, playedAt: at('14:00:00') }),
  )
}

export const isClosing = ({ artistId }: { artistId: string }) => artistId.startsWith('closing')

/** What listening-totals must have written for these plays, if every row went through it exactly once. */
interface Written {
  closed: ArtistTotal[]
  late: LatePlay[]
}

/** By artist and window, how often something was counted. */
export function countsOf<T extends { artistId: string }>(
  rows: T[],
  windowStart: (row: T) => number,
  plays: (row: T) => number = () => 1,
): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const row of rows.filter((each) => !isClosing(each))) {
    const window = `${row.artistId} ${new Date(windowStart(row)).toISOString()}`
    counts[window] = (counts[window] ?? 0) + plays(row)
  }
  return Object.fromEntries(Object.entries(counts).sort())
}

const windowOf = ({ playedAt }: { playedAt: number }) => playedAt - (playedAt % SIZE_MS)

/** What was sent, by artist and window. */
export const sentCounts = (plays: Play[]) => countsOf(plays, windowOf)

/** What closed windows and late plays add up to, by artist and window. */
export function writtenCounts({ closed, late }: Written): Record<string, number> {
  const inWindows = countsOf(
    closed,
    ({ windowStart }) => windowStart,
    ({ plays }) => plays,
  )
  const lateOnes = countsOf(late, windowOf)
  const windows = new Set([...Object.keys(inWindows), ...Object.keys(lateOnes)])
  return Object.fromEntries(
    [...windows].sort().map((window) => [window, (inWindows[window] ?? 0) + (lateOnes[window] ?? 0)]),
  )
}

/** Closed windows that were written more than once. */
export function doubled(closed: ArtistTotal[]): string[] {
  const seen = new Set<string>()
  return closed
    .map(({ artistId, windowStart }) => `${artistId} ${windowStart}`)
    .filter((window) => seen.size === seen.add(window).size)
}
