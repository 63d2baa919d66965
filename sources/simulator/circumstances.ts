import type { Play } from '../../schemas/events.ts'
import type { Track } from './catalogue.ts'
import { playlistName } from './names.ts'
import type { Random } from './random.ts'

type Context = Play['context']

/** What a listener plays from, from when the player is opened to when it is closed. */
export interface Occasion {
  sessionId: string
  /** Undefined: from the album of each track. */
  context: Context | undefined
}

/** Of sessions, what share plays a playlist, or albums; the others just play tracks. */
const PLAYLISTS = 0.55
const ALBUMS = 0.25
const PLAYLIST_COUNT = 1_000

export function inventOccasion(random: Random): Occasion {
  const sessionId = random.uuid()
  const draw = random.unit()
  if (draw < PLAYLISTS) return { sessionId, context: playlist(random) }
  return { sessionId, context: draw < PLAYLISTS + ALBUMS ? undefined : null }
}

function playlist(random: Random): Context {
  const number = 1 + random.int(PLAYLIST_COUNT)
  return { kind: 'playlist', id: `playlist-${number}`, name: playlistName(number) }
}

export const contextOf = ({ context }: Occasion, { album }: Track): Context =>
  context === undefined ? { kind: 'album', id: album.id, name: album.name } : context

/** Why a track was not heard to its end. */
export function reasonToSkip(random: Random, leaves: boolean): Play['skipReason'] {
  if (leaves) return 'stopped'
  const draw = random.unit()
  if (draw < 0.9) return 'next'
  return draw < 0.98 ? 'previous' : 'failed'
}
