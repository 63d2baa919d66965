import type { ArtistTotal, CleanPlay } from '../../schemas/events.ts'
import { argMax, combine, count, distinct, max, sum } from '../engine/index.ts'
import { listenerBits } from './listener-bits.ts'

/** Plays, listening time and distinct listeners of an artist, under their newest name. */
export const artistTotal = combine(
  {
    plays: count(),
    msPlayed: sum((play: CleanPlay) => play.msPlayed),
    receivedAt: max((play: CleanPlay) => play.receivedAt),
    listenerBits,
    artistName: argMax(
      (play: CleanPlay) => play.artistName,
      (play) => play.receivedAt,
    ),
    listeners: distinct((play: CleanPlay) => play.listener),
  },
  ({ artistName, receivedAt, ...figures }, artistId, { start, end }): ArtistTotal => ({
    ...figures,
    artistId,
    artistName: artistName ?? '',
    receivedAt: receivedAt ?? 0,
    windowStart: start,
    windowEnd: end,
  }),
)
