import type { Guarantee } from '../../../../pipelines/engine/kafka/delivery.ts'
import { partitionKey } from '../../../../pipelines/engine/raw-record.ts'
import type { Topic } from '../../../../schemas/topic.ts'
import type { KafkaRoom } from '../../kafka-room.ts'
import { type Play, MINUTE_MS, chaosTopics } from './artist-minutes.ts'
import { isClosing } from './play-sender.ts'

/** Lines that ought to have been written, and lines that were. */
export interface Account {
  wanted: string[]
  found: string[]
}

/**
 * What a `read_committed` reader finds, and what loops over the input say that it should find. At least once, a minute is told play by
 * play: others may have been written, or counted, once more.
 */
export async function account(room: KafkaRoom, guarantee: Guarantee): Promise<Account> {
  const plays = await rows(room, chaosTopics.plays)
  const names = new Map((await rows(room, chaosTopics.artists)).map(({ key, value }) => [key, value.name]))
  const minute = guarantee === 'exactly-once' ? byMinute : byPlay
  return { wanted: wantedOf(plays, names, minute), found: await foundIn(room, minute) }
}

/** Lines of one that the other has not, as often as it has not. */
export function missingFrom(lines: string[], all: string[]): string[] {
  const left = new Map<string, number>()
  for (const line of lines) left.set(line, (left.get(line) ?? 0) + 1)
  return all.filter((line) => {
    const count = left.get(line) ?? 0
    left.set(line, count - 1)
    return count <= 0
  })
}

interface Found<V> {
  key: string
  value: V
}

/** In the order of their partitions, without the markers of a repartition topic, which tell of time and hold no row. */
async function rows<V>(room: KafkaRoom, topic: Topic<V>): Promise<Found<V>[]> {
  const records = (await room.records(topic)).filter(({ value }) => value !== null)
  await room.codec.load(records.map(({ value }) => value))
  return [...Map.groupBy(records, partitionKey).values()].flat().map(({ key, value }) => ({
    key: String(key),
    value: room.codec.decode(topic, value),
  }))
}

const first = ({ id }: Play) => `play ${id}`
const byArtist = ({ id, artist }: Play) => `play ${id} by ${artist}`
const duplicate = ({ id }: Play) => `play ${id} once more`

/** The lines that tell who was heard in a minute. */
type MinuteLines = (artist: string, start: number, plays: number[]) => string[]

const byMinute: MinuteLines = (artist, start, plays) => [
  `${artist} at ${new Date(start).toISOString()}: ${plays.join(' ')}`,
]
const byPlay: MinuteLines = (artist, start, plays) => plays.flatMap((play) => byMinute(artist, start, [play]))

function wantedOf(plays: Found<Play>[], names: ReadonlyMap<string, string>, minute: MinuteLines): string[] {
  const lines: string[] = []
  const seen = new Set<number>()
  const minutes = new Map<string, { artist: string; start: number; plays: number[] }>()
  for (const { value: play } of plays) {
    if (seen.has(play.id)) lines.push(duplicate(play))
    else lines.push(first(play), byArtist(play))
    if (seen.has(play.id) || isClosing(play.artist)) continue
    seen.add(play.id)
    const start = play.at - (play.at % MINUTE_MS)
    const key = `${play.artist} ${start}`
    const of = minutes.get(key) ?? { artist: play.artist, start, plays: [] }
    minutes.set(key, of)
    of.plays.push(play.id)
  }
  for (const { artist, start, plays: ids } of minutes.values()) {
    const sorted = ids.toSorted((one, two) => one - two)
    lines.push(...minute(artist, start, sorted), ...minute(names.get(artist) ?? '', start, sorted))
  }
  return lines
}

async function foundIn(room: KafkaRoom, minute: MinuteLines): Promise<string[]> {
  const valuesOf = async <V>(topic: Topic<V>) => (await rows(room, topic)).map(({ value }) => value)
  return [
    (await valuesOf(chaosTopics.firsts)).map(first),
    (await valuesOf(chaosTopics.playsByArtist)).map(byArtist),
    (await valuesOf(chaosTopics.duplicates)).map(duplicate),
    (await valuesOf(chaosTopics.late)).map(({ id }) => `play ${id} late`),
    (await valuesOf(chaosTopics.minutes)).flatMap(({ artist, start, plays }) => minute(artist, start, plays)),
    (await valuesOf(chaosTopics.namedMinutes)).flatMap(({ name, start, plays }) =>
      minute(name, start, plays),
    ),
  ].flat()
}
