import { type EventSchema, avroSchema, pick, topic } from '../pipelines/engine/index.ts'
import { toldOfLate } from '../pipelines/steps/late-play.ts'
import {
  type CleanPlay,
  artistTotalV2,
  cleanPlayV1,
  latePlayV1,
  recommendationV1,
} from '../schemas/events.ts'
import { topics } from '../schemas/topics.ts'

/** What a listener likes, some seconds after having begun to hear it. */
export interface Like {
  eventId: string
  trackId: string
  likedAt: number
}

/** What is known of a listener. */
interface Profile {
  country: string
  since: number
}

/** Plays of someone, or something, in a window. */
export interface Plays {
  key: string
  start: number
  plays: number
  msPlayed: number
}

/** A play and what it met. */
export interface Met {
  eventId: string
  met: string
}

function schema<V>(name: string, fields: Record<keyof V & string, 'string' | 'long'>) {
  const types = Object.entries<'string' | 'long'>(fields).map(([field, type]) => ({ name: field, type }))
  return avroSchema<V>(`bench-${name}`, { type: 'record', name, fields: types })
}

/** Filled once, read by every workload. */
export const inputs = {
  plays: topics.playsClean,
  likes: topic(
    'bench-likes',
    schema<Like>('Like', { eventId: 'string', trackId: 'string', likedAt: 'long' }),
    'user',
  ),
  profiles: topic('bench-profiles', schema<Profile>('Profile', { country: 'string', since: 'long' }), 'user'),
}

export const outputs = {
  windows: topic(
    'bench-windows',
    schema<Plays>('Plays', { key: 'string', start: 'long', plays: 'long', msPlayed: 'long' }),
    'any',
  ),
  met: topic('bench-met', schema<Met>('Met', { eventId: 'string', met: 'string' }), 'user'),
  copies: topic('bench-copies', cleanPlayV1, 'user'),
  late: topic('bench-late', latePlayV1, 'any'),
  artistTotals: topic('bench-artist-totals', artistTotalV2, 'artist'),
  lists: topic('bench-lists', recommendationV1, 'user'),
}

/** Of a play what is folded, what it is folded by, and what is told if it is late. */
const HEARD = [...toldOfLate, 'country'] as const
export type HeardPlay = Pick<CleanPlay, (typeof HEARD)[number]>

export const heardPlays = pick(inputs.plays, HEARD)

/** What goes through a repartition topic of it. */
export const heardPlay = avroSchema<HeardPlay>('bench-heard', heardPlays.value.type.schema())

/** The repartition topic of one run. */
export const throughOf = <V>(value: EventSchema<V>, by: string, run: string) =>
  topic(`bench-${run}-by-${by}`, value, by)
