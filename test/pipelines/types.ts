/**
 * What must not compile. `tsc --noEmit` checks this file: an error that is expected and does not come is an error.
 * Nothing here runs.
 */
import {
  deduplicate,
  foldWindow,
  keyBy,
  ok,
  route,
  step,
  topology,
  tumbling,
  write,
} from '../../pipelines/engine/index.ts'
import { artistTotal, latePlay } from '../../pipelines/steps/artist-total.ts'
import type { CleanPlay, Play } from '../../schemas/events.ts'
import { topics } from '../../schemas/topics.ts'

const windows = tumbling(60_000, { grace: 0 })
const time = ({ playedAt }: CleanPlay) => playedAt
const folded = foldWindow({ windows, time, fold: artistTotal, late: latePlay })
const { artistTotalsLive: open, artistTotals: closed, latePlays: late } = topics

topology('every output has a topic of its type', ({ read }) =>
  read(topics.playsClean).pipe(folded, route({ open, closed, late })),
)

topology('late rows have to go somewhere', ({ read }) =>
  // @ts-expect-error the output `late` has no topic
  read(topics.playsClean).pipe(folded, route({ open, closed })),
)

topology('a topic takes rows of its own type', ({ read }) =>
  // @ts-expect-error late plays are no artist totals
  read(topics.playsClean).pipe(folded, route({ open, closed, late: closed })),
)

topology('an output that is not there cannot be routed', ({ read }) =>
  // @ts-expect-error there is no output `early`
  read(topics.playsClean).pipe(folded, route({ open, closed, late, early: late })),
)

topology('duplicates have to go somewhere', ({ read }) =>
  read(topics.playsClean).pipe(
    deduplicate({ id: (play) => play.eventId, rememberMs: 1 }),
    // @ts-expect-error the output `duplicate` has no topic
    route({ first: topics.playsClean }),
  ),
)

topology('a repartition topic takes what is repartitioned', ({ read }) =>
  // @ts-expect-error `plays` holds raw plays
  read(topics.playsClean).pipe(keyBy((play: CleanPlay) => play.artistId, { through: topics.plays })),
)

topology('a key is text', ({ read }) =>
  // @ts-expect-error a number is no key
  read(topics.playsClean).pipe(keyBy((play) => play.msPlayed, { through: topics.playsByArtist })),
)

topology('raw plays do not get into a clean topic', ({ read }) =>
  // @ts-expect-error a raw play has no listener, and a user id
  read(topics.plays).pipe(write(topics.playsClean)),
)

topology('a step reads what the topic holds', ({ read }) =>
  // @ts-expect-error a clean play has no user id
  read(topics.playsClean).pipe(step((play: Play) => ok(play.userId))),
)

foldWindow({
  // @ts-expect-error grace has no default: say how late is too late
  windows: tumbling(60_000),
  time,
  fold: artistTotal,
  late: latePlay,
})

// @ts-expect-error late rows are never silently away
foldWindow({ windows, time, fold: artistTotal })
