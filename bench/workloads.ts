import type { Observable } from 'rxjs'
import {
  type Row,
  type RunTopologyOptions,
  type Topic,
  type Topology,
  combine,
  count,
  foldWindow,
  hopping,
  hours,
  joinStream,
  joinTable,
  keyBy,
  max,
  minutes,
  pick,
  route,
  seconds,
  session,
  step,
  sum,
  topicState,
  topology,
  tumbling,
  write,
} from '../pipelines/engine/index.ts'
import { noRules } from '../pipelines/model/listener/rules.ts'
import { tasteOfPlay } from '../pipelines/model/listener/taste-events.ts'
import type { Model } from '../pipelines/model/serve/model.ts'
import { artistTotal } from '../pipelines/steps/artist-total.ts'
import { latePlay, toldOfLate } from '../pipelines/steps/late-play.ts'
import { lists } from '../pipelines/topologies/recommendations.ts'
import type { CleanPlay } from '../schemas/events.ts'
import {
  type HeardPlay,
  type Like,
  type Met,
  type Plays,
  heardPlay,
  heardPlays,
  inputs,
  outputs,
  throughOf,
} from './topics.ts'
import { madeModel } from './model.ts'
import { ARTISTS } from './plays.ts'

/** One row of the table: a topology, and what it reads. */
interface Workload {
  what: string
  /** The topology under the name of its run, so that none finds the state or the repartitioned rows of another. */
  topology(name: string): Topology
  reads: readonly (keyof typeof inputs)[]
  /** The topic through which each play goes once more. */
  through?(name: string): Topic<CleanPlay> | Topic<HeardPlay>
  /** Default: `exactly-once`. */
  guarantee?: RunTopologyOptions['guarantee']
  /** Default: `memory`. */
  stateStore?: RunTopologyOptions['stateStore']
  /** Measured by itself, and no row of the table. */
  alone?: true
  /** Done before it is measured. */
  prepare?(): Promise<void>
  /** How many windows are open at its end. */
  openWindows?(): number
}

const byPlayedAt = { time: ({ playedAt }: Pick<CleanPlay, 'playedAt'>) => playedAt }
const artists = (name: string) => throughOf(heardPlay, 'artist', name)
const artistsOfWhole = (name: string) => throughOf(inputs.plays.value, 'artist', name)
const countries = (name: string) => throughOf(heardPlay, 'country', name)
const SENT = [...toldOfLate, 'receivedAt'] as const
type SentPlay = Pick<CleanPlay, (typeof SENT)[number]>
const sentPlays = pick(inputs.plays, SENT)

/** A topology of the plays, of which it reads what it needs. */
const ofPlays =
  (define: (plays: Observable<Row<HeardPlay, 'user'>>, name: string) => unknown) => (name: string) =>
    topology(name, ({ read }) => define(read(heardPlays, byPlayedAt), name))

const playsAndMs = combine(
  { plays: count(), msPlayed: sum((play: HeardPlay) => play.msPlayed) },
  (figures, key, { start }): Plays => ({ key, start, ...figures }),
)
const ofMinutes = { windows: tumbling(minutes(1), { grace: seconds(30) }), fold: playsAndMs, late: latePlay }
const toOpen = { open: outputs.windows, late: outputs.late }
const toClosed = { closed: outputs.windows, late: outputs.late }
let begun = 0
let model: Model | undefined
const countingWindows = {
  ...playsAndMs,
  initial() {
    begun += 1
    return playsAndMs.initial()
  },
}
const newestReceived = combine(
  { sentAt: max((play: SentPlay) => play.receivedAt) },
  ({ sentAt }, key, { start }): Plays => ({ key, start, plays: 0, msPlayed: sentAt ?? 0 }),
)
const met = ({ eventId }: HeardPlay, what: string): Met => ({ eventId, met: what })

const userMinutes = ofPlays((plays) =>
  plays.pipe(foldWindow({ ...ofMinutes, emit: 'on-update' }), route(toOpen)),
)
const openWindows = ofPlays((plays) =>
  plays.pipe(
    foldWindow({
      windows: tumbling(minutes(1), { grace: hours(3) }),
      fold: countingWindows,
      late: latePlay,
      emit: 'on-update',
    }),
    route(toOpen),
  ),
)

export const workloads: Record<string, Workload> = {
  'pass-through': {
    what: 'Avro to Avro',
    reads: ['plays'],
    topology: (name) => topology(name, ({ read }) => read(inputs.plays).pipe(write(outputs.copies))),
  },
  'user-minutes': {
    what: 'tumbling 1 min, grace 30 s, by user, count and sum, each update',
    reads: ['plays'],
    topology: userMinutes,
  },
  'user-minutes-at-least-once': {
    what: 'the same without transactions',
    reads: ['plays'],
    guarantee: 'at-least-once',
    topology: userMinutes,
  },
  'artist-minutes': {
    what: 'the same by artist, through a repartition topic',
    reads: ['plays'],
    through: artists,
    topology: ofPlays((plays, name) =>
      plays.pipe(
        keyBy((play) => play.artistId, { through: artists(name) }),
        foldWindow({ ...ofMinutes, emit: 'on-update' }),
        route(toOpen),
      ),
    ),
  },
  'listening-totals': {
    what: 'the same with newest name and distinct listeners, each update and each closed window',
    reads: ['plays'],
    through: artistsOfWhole,
    topology: (name) =>
      topology(name, ({ read }) =>
        read(inputs.plays, byPlayedAt).pipe(
          keyBy((play) => play.artistId, { through: artistsOfWhole(name) }),
          foldWindow({ ...ofMinutes, fold: artistTotal }),
          route({ open: outputs.artistTotals, closed: outputs.artistTotals, late: outputs.late }),
        ),
      ),
  },
  hopping: {
    what: 'hopping 5 min by 10 s, by country through a repartition topic, closed windows',
    reads: ['plays'],
    through: countries,
    topology: ofPlays((plays, name) =>
      plays.pipe(
        keyBy((play) => play.country ?? '', { through: countries(name) }),
        foldWindow({
          ...ofMinutes,
          windows: hopping(minutes(5), { advance: seconds(10), grace: seconds(30) }),
          emit: 'on-close',
        }),
        route(toClosed),
      ),
    ),
  },
  sessions: {
    what: 'sessions of a user, gap 30 min, closed ones',
    reads: ['plays'],
    topology: ofPlays((plays) =>
      plays.pipe(
        foldWindow({ ...ofMinutes, windows: session(minutes(30), { grace: seconds(30) }), emit: 'on-close' }),
        route(toClosed),
      ),
    ),
  },
  'join-streams': {
    what: 'plays and likes of a user within 30 s, grace 30 s, inner',
    reads: ['plays', 'likes'],
    topology: (name) =>
      topology(name, ({ read }) =>
        read(heardPlays, byPlayedAt).pipe(
          joinStream(read(inputs.likes, { time: (like) => like.likedAt }), {
            within: seconds(30),
            grace: seconds(30),
            join: (play: HeardPlay, like: Like) => met(play, like.trackId),
            late: (refused) => {
              if (refused.side === 'left') return latePlay(refused.value, { streamTime: 0, lateByMs: 0 })
              throw new Error('likes are in order')
            },
            leftCodec: topicState(heardPlays),
            rightCodec: topicState(inputs.likes),
          }),
          route({ joined: outputs.met, late: outputs.late }),
        ),
      ),
  },
  'join-table': {
    what: 'plays and the table of their listeners',
    reads: ['plays', 'profiles'],
    topology: (name) =>
      topology(name, ({ read, readTable }) =>
        read(heardPlays, byPlayedAt).pipe(
          joinTable(readTable(inputs.profiles, { time: ({ since }) => since }), {
            join: (play, profile) => met(play, profile.country),
          }),
          write(outputs.met),
        ),
      ),
  },
  recommendations: {
    what: 'a list for each play, of 20,000 artists, with the tastes of its listener',
    reads: ['plays'],
    alone: true,
    async prepare() {
      model = await madeModel(ARTISTS)
    },
    topology: (name) =>
      topology(name, ({ read }) =>
        read(inputs.plays, { time: (play) => play.receivedAt }).pipe(
          step(tasteOfPlay),
          lists({ served: { current: () => model }, rules: noRules, everyMs: seconds(1) }),
          write(outputs.lists, { partition: 'as-read' }),
        ),
      ),
  },
  'open-windows': {
    what: 'user-minutes with a grace of 3 h: each window stays open',
    reads: ['plays'],
    openWindows: () => begun,
    topology: openWindows,
  },
  'open-windows-on-disk': {
    what: 'the same with its state on disk',
    reads: ['plays'],
    stateStore: 'disk',
    alone: true,
    openWindows: () => begun,
    topology: openWindows,
  },
  latency: {
    what: 'user-minutes, of which each update says when its play was sent',
    reads: ['plays'],
    alone: true,
    topology: (name) =>
      topology(name, ({ read }) =>
        read(sentPlays, byPlayedAt).pipe(
          foldWindow({ ...ofMinutes, fold: newestReceived, emit: 'on-update' }),
          route(toOpen),
        ),
      ),
  },
}
