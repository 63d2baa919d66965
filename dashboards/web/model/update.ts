import type { TopArtistsUpdate } from '../../../schemas/channels.ts'
import { fieldsOf, isListOf } from './shape.ts'

/** Whether a publication has the shape this page knows; a page left open may outlive a change of it. */
export function isTopArtistsUpdate(data: unknown): data is TopArtistsUpdate {
  const { top, minutes, receivedAt, totalPlays, k } = fieldsOf(data)
  return (
    isListOf(top, isTopArtist) &&
    isListOf(minutes, isMinute) &&
    isListOf(receivedAt, Number.isFinite) &&
    Number.isFinite(totalPlays) &&
    Number.isFinite(k)
  )
}

function isTopArtist(value: unknown): boolean {
  const { artistId, artistName, plays, msPlayed } = fieldsOf(value)
  return (
    typeof artistId === 'string' &&
    typeof artistName === 'string' &&
    Number.isFinite(plays) &&
    Number.isFinite(msPlayed)
  )
}

function isMinute(value: unknown): boolean {
  const { start, plays } = fieldsOf(value)
  return Number.isFinite(start) && Number.isFinite(plays)
}
