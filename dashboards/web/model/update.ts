import type { TopArtistsUpdate } from '../../../schemas/channels.ts'

/** Whether a publication has the shape this page knows; a page left open may outlive a change of it. */
export function isTopArtistsUpdate(data: unknown): data is TopArtistsUpdate {
  if (typeof data !== 'object' || data === null) return false
  const update = data as Partial<Record<keyof TopArtistsUpdate, unknown>>
  return (
    isListOf(update.top, isTopArtist) &&
    isListOf(update.minutes, isMinute) &&
    isListOf(update.receivedAt, Number.isFinite) &&
    Number.isFinite(update.totalPlays)
  )
}

function isListOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem)
}

function isTopArtist(value: unknown): boolean {
  const { artistId, artistName, plays, msPlayed } = value as Record<string, unknown>
  return (
    typeof artistId === 'string' &&
    typeof artistName === 'string' &&
    Number.isFinite(plays) &&
    Number.isFinite(msPlayed)
  )
}

function isMinute(value: unknown): boolean {
  const { start, plays } = value as Record<string, unknown>
  return Number.isFinite(start) && Number.isFinite(plays)
}
