import type { ArtistTotal, CleanPlay, LatePlay } from '../../schemas/events.ts'
import { type Fold, type Lateness, avroState } from '../engine/index.ts'

/** What is remembered of one artist in one open window. */
interface Tally {
  artistName: string
  plays: number
  msPlayed: number
  /** The first 48 bits of the listeners' pseudonyms, which are hashes already. */
  listeners: Set<number>
  receivedAt: number
}

const HASH_BYTES = 6

/** The tally as it is stored: a set is an array there. */
type StoredTally = Omit<Tally, 'listeners'> & { listeners: number[] }

const storedTally = avroState<StoredTally>({
  type: 'record',
  name: 'Tally',
  fields: [
    { name: 'artistName', type: 'string' },
    { name: 'plays', type: 'long' },
    { name: 'msPlayed', type: 'long' },
    { name: 'listeners', type: { type: 'array', items: 'long' } },
    { name: 'receivedAt', type: 'long' },
  ],
})

const listenerHash = (pseudonym: string) => Buffer.from(pseudonym, 'base64url').readUIntBE(0, HASH_BYTES)

/** Plays, listening time and distinct listeners of an artist. */
export const artistTotal: Fold<CleanPlay, Tally, ArtistTotal> = {
  initial: () => ({ artistName: '', plays: 0, msPlayed: 0, listeners: new Set(), receivedAt: 0 }),

  add(tally, play) {
    tally.artistName = play.artistName
    tally.plays += 1
    tally.msPlayed += play.msPlayed
    tally.listeners.add(listenerHash(play.listener))
    tally.receivedAt = Math.max(tally.receivedAt, play.receivedAt)
    return tally
  },

  result: ({ listeners, ...rest }, artistId, { start, end }) => ({
    ...rest,
    artistId,
    windowStart: start,
    windowEnd: end,
    listeners: listeners.size,
  }),

  codec: {
    encode: (tally) => storedTally.encode({ ...tally, listeners: [...tally.listeners] }),
    decode(bytes) {
      const { listeners, ...rest } = storedTally.decode(bytes)
      return { ...rest, listeners: new Set(listeners) }
    },
  },
}

/** What is told of a play whose window had closed. */
export const latePlay = (play: CleanPlay, { streamTime, lateByMs }: Lateness): LatePlay => ({
  eventId: play.eventId,
  artistId: play.artistId,
  playedAt: play.playedAt,
  msPlayed: play.msPlayed,
  source: play.source,
  streamTime,
  lateByMs,
})
