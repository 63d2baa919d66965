import type { Schema } from 'avsc'
import {
  type Aggregate,
  avroSchema,
  avroState,
  deduplicate,
  foldWindow,
  hours,
  joinTable,
  keyBy,
  minutes,
  only,
  route,
  topic,
  topology,
  tumbling,
  write,
} from '../../../../pipelines/engine/index.ts'
import type { Topic } from '../../../../schemas/topic.ts'

/** `id` tells plays apart, `at` is event time, ms since 1970. */
export interface Play {
  id: number
  user: string
  artist: string
  at: number
}

/** What an artist is called. */
export interface Artist {
  name: string
}

/** Who heard an artist in a minute: ids of plays in their order, so that one too many or too few can be seen. */
interface Minute {
  artist: string
  start: number
  plays: number[]
}

interface NamedMinute extends Minute {
  name: string
}

const play = avroSchema<Play>('chaos-play.v1', {
  type: 'record',
  name: 'Play',
  fields: [
    { name: 'id', type: 'int' },
    { name: 'user', type: 'string' },
    { name: 'artist', type: 'string' },
    { name: 'at', type: 'long' },
  ],
})
const artist = avroSchema<Artist>('chaos-artist.v1', {
  type: 'record',
  name: 'Artist',
  fields: [{ name: 'name', type: 'string' }],
})
const ids: Schema = { type: 'array', items: 'int' }
const minuteFields: { name: string; type: Schema }[] = [
  { name: 'artist', type: 'string' },
  { name: 'start', type: 'long' },
  { name: 'plays', type: ids },
]
const minute = avroSchema<Minute>('chaos-minute.v1', { type: 'record', name: 'Minute', fields: minuteFields })
const namedMinute = avroSchema<NamedMinute>('chaos-named-minute.v1', {
  type: 'record',
  name: 'NamedMinute',
  fields: [...minuteFields, { name: 'name', type: 'string' }],
})

/** Event times lie back: no broker may delete them for it. */
const kept = { 'retention.ms': '-1' }

export const chaosTopics = {
  plays: topic('chaos-plays', play, 'user', kept),
  artists: topic('chaos-artists', artist, 'artist', kept),
  firsts: topic('chaos-firsts', play, 'user', kept),
  duplicates: topic('chaos-duplicates', play, 'user', kept),
  playsByArtist: topic('chaos-plays-by-artist', play, 'artist', kept),
  minutes: topic('chaos-minutes', minute, 'artist', kept),
  late: topic('chaos-late', play, 'artist', kept),
  namedMinutes: topic('chaos-named-minutes', namedMinute, 'artist', kept),
} as const

export const everyTopic: Topic<unknown>[] = Object.values(chaosTopics)

export const MINUTE_MS = minutes(1)
/** More than plays can ever be apart on their way: see `PlaySender`. */
export const GRACE_MS = minutes(2)

const heard: Aggregate<Play, number[], Minute> = {
  initial: () => [],
  // Plays of several users come in any order.
  add: (ids, { id }) => [...ids, id].sort((one, two) => one - two),
  merge: (one, two) => [...one, ...two].sort((a, b) => a - b),
  result: (plays, key, { start }) => ({ artist: key, start, plays }),
  codec: avroState<number[]>(ids),
}

/** Two stages: plays, each once, go by artist through a repartition topic; their minutes, once closed, meet a table. */
export const artistMinutes = topology('artist-minutes', ({ read, readTable }) =>
  read(chaosTopics.plays, { time: ({ at }) => at }).pipe(
    deduplicate({ id: ({ id }) => String(id), rememberMs: hours(2) }),
    route({ first: chaosTopics.firsts, duplicate: chaosTopics.duplicates }),
    only('first'),
    keyBy((play) => play.artist, { through: chaosTopics.playsByArtist }),
    foldWindow({
      windows: tumbling(MINUTE_MS, { grace: GRACE_MS }),
      emit: 'on-close',
      fold: heard,
      late: (play) => play,
    }),
    route({ closed: chaosTopics.minutes, late: chaosTopics.late }),
    only('closed'),
    joinTable(readTable(chaosTopics.artists), { join: (minute, { name }) => ({ ...minute, name }) }),
    write(chaosTopics.namedMinutes),
  ),
)
