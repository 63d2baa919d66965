import {
  type Fold,
  avroSchema,
  avroState,
  foldWindow,
  keyBy,
  minutes,
  route,
  seconds,
  topic,
  topology,
  tumbling,
} from '../../../../../pipelines/engine/index.ts'

/** `id` tells plays apart, `at` is event time, ms since 1970. */
export interface ReplayedPlay {
  id: number
  artist: string
  at: number
}

export interface ReplayedMinute {
  start: number
  plays: number
}

const play = avroSchema<ReplayedPlay>('replayed-play.v1', {
  type: 'record',
  name: 'Play',
  fields: [
    { name: 'id', type: 'int' },
    { name: 'artist', type: 'string' },
    { name: 'at', type: 'long' },
  ],
})
const minute = avroSchema<ReplayedMinute>('replayed-minute.v1', {
  type: 'record',
  name: 'Minute',
  fields: [
    { name: 'start', type: 'long' },
    { name: 'plays', type: 'int' },
  ],
})

const kept = { 'retention.ms': '-1' }

export const replayTopics = {
  plays: topic('replayed-plays', play, 'user', kept),
  playsByArtist: topic('replayed-plays-by-artist', play, 'artist', kept),
  minutes: topic('replayed-minutes', minute, 'artist', kept),
  late: topic('replayed-late-plays', play, 'artist', kept),
}

export const MINUTE_MS = minutes(1)
export const GRACE_MS = seconds(30)

const counted: Fold<ReplayedPlay, { plays: number }, ReplayedMinute> = {
  initial: () => ({ plays: 0 }),
  add: ({ plays }) => ({ plays: plays + 1 }),
  result: ({ plays }, _artist, { start }) => ({ start, plays }),
  codec: avroState({ type: 'record', name: 'Counted', fields: [{ name: 'plays', type: 'int' }] }),
}

/** Plays of an artist by the minute, through a repartition topic. */
export const replayedMinutes = topology('replayed-minutes', ({ read }) =>
  read(replayTopics.plays, { time: ({ at }) => at }).pipe(
    keyBy((play) => play.artist, { through: replayTopics.playsByArtist }),
    foldWindow({
      windows: tumbling(MINUTE_MS, { grace: GRACE_MS }),
      fold: counted,
      late: (play) => play,
      emit: 'on-close',
    }),
    route({ closed: replayTopics.minutes, late: replayTopics.late }),
  ),
)
