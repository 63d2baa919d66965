import { crc32 } from 'node:zlib'
import type { ArtistTotal, CleanPlay } from '../../schemas/events.ts'
import { type Fold, avroState } from '../engine/index.ts'
import { DistinctHashes } from './distinct.ts'

/** What is remembered of one artist in one open window. */
interface Tally {
  artistName: string
  plays: number
  msPlayed: number
  /** By 32 bits of their pseudonyms, which are keyed hashes already. */
  listeners: DistinctHashes
  receivedAt: number
}

type StoredTally = Omit<Tally, 'listeners'> & { listeners: Buffer }

const storedTally = avroState<StoredTally>({
  type: 'record',
  name: 'Tally',
  fields: [
    { name: 'artistName', type: 'string' },
    { name: 'plays', type: 'long' },
    { name: 'msPlayed', type: 'long' },
    { name: 'listeners', type: 'bytes' },
    { name: 'receivedAt', type: 'long' },
  ],
})

const listenerHash = (pseudonym: string) => crc32(pseudonym)

/** Plays, listening time and distinct listeners of an artist. */
export const artistTotal: Fold<CleanPlay, Tally, ArtistTotal> = {
  initial: () => ({ artistName: '', plays: 0, msPlayed: 0, listeners: new DistinctHashes(), receivedAt: 0 }),

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
    encode: (tally) => storedTally.encode({ ...tally, listeners: tally.listeners.bytes() }),
    decode(bytes) {
      const { listeners, ...rest } = storedTally.decode(bytes)
      return { ...rest, listeners: DistinctHashes.from(listeners) }
    },
  },
}
