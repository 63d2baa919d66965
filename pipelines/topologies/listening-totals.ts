import { topics } from '../../schemas/topics.ts'
import { foldWindow, keyBy, minutes, route, seconds, topology, tumbling } from '../engine/index.ts'
import { artistTotal } from '../steps/artist-total.ts'
import { latePlay } from '../steps/late-play.ts'

/**
 * One-minute listening totals per artist.
 * Kafka `plays-clean` -> `artist-totals-live` (screens), `artist-totals` (closed windows), `late-plays`.
 */
export const listeningTotals = topology('listening-totals', ({ read }) =>
  read(topics.playsClean, { time: (play) => play.playedAt }).pipe(
    keyBy((play) => play.artistId, { through: topics.playsByArtist }),
    foldWindow({
      windows: tumbling(minutes(1), { grace: seconds(30) }),
      fold: artistTotal,
      late: latePlay,
    }),
    route({
      open: topics.artistTotalsLive,
      closed: topics.artistTotals,
      late: topics.latePlays,
    }),
  ),
)
