// Made by `npm run schemas:types`: change late-play.v1.avsc instead, and once it has shipped add a version.
import { eventSchema } from '../event-schema.ts'

/** A play that came after its window had closed: no longer part of a live figure, part of history all the same. */
export interface LatePlay {
  eventId: string
  artistId: string
  playedAt: number
  msPlayed: number
  source: string
  /** Stream time of the task that refused it */
  streamTime: number
  /** How long after its window, grace included, had closed */
  lateByMs: number
}

export const latePlayV1 = eventSchema<LatePlay>('late-play.v1')
