import { type Topic, combine, count } from '../../pipelines/engine/index.ts'
import type { TopologyDriver } from '../../pipelines/engine/testing/drive.ts'
import type { CleanPlay, LatePlay } from '../../schemas/events.ts'
import { topics } from '../../schemas/topics.ts'
import { play } from '../kit/builders.ts'
import type { Count, Line, Plays } from './topics.ts'

/** For `read`: the event time of a play. */
export const byPlayedAt = { time: (value: CleanPlay) => value.playedAt }

/** A fold for windows: how many plays, from when to when. */
export const countPlays = combine({ plays: count() }, ({ plays }, _key, { start, end }): Plays => ({
  from: start,
  to: end,
  plays,
}))

/** Sends a play of one listener for each time of day. */
export async function playAt(kafka: TopologyDriver, ...times: string[]): Promise<void> {
  for (const playedAt of times) await kafka.send(topics.playsClean, play({ playedAt }), { key: 'ada' })
}

/** `12:00`, with seconds where there are any: `12:00:20`. */
export const timeOfDay = (time: number) => new Date(time).toISOString().slice(11, 19).replace(/:00$/, '')

/** Windows in a topic, as `12:00–13:00 2`. */
export const windowsIn = (kafka: TopologyDriver, from: Topic<Plays>) =>
  kafka.written(from).map(({ value }) => `${timeOfDay(value.from)}–${timeOfDay(value.to)} ${value.plays}`)

/** Counts in a topic, as `ada 2`. */
export const countsIn = (kafka: TopologyDriver, from: Topic<Count>) =>
  kafka.written(from).map(({ key, value }) => `${key} ${value.plays}`)

/** When the late plays in a topic were played. */
export const lateIn = (kafka: TopologyDriver, from: Topic<LatePlay>) =>
  kafka.written(from).map(({ value }) => timeOfDay(value.playedAt))

export const linesIn = (kafka: TopologyDriver, from: Topic<Line>) =>
  kafka.written(from).map(({ value }) => value.text)
