import { createHash } from 'node:crypto'
import { setImmediate as breathe } from 'node:timers/promises'
import { type Topic, ensureTopics } from '../pipelines/engine/index.ts'
import { partitionEnds } from '../pipelines/engine/kafka/offsets.ts'
import { fencedProducer } from '../pipelines/engine/kafka/transaction.ts'
import type { OutgoingRecord } from '../pipelines/engine/task.ts'
import { deadLetterTopic } from '../schemas/dead-letter.ts'
import { type BenchPlace, openPlace } from './kafka.ts'
import { inputs, outputs } from './topics.ts'

const ARTISTS = 20_000
const LISTENERS = 50_000
const COUNTRIES = 40
const HOURS_MS = 2 * 3_600_000
/** Of so many plays one is liked, this much later. */
const PLAYS_A_LIKE = 4
const LIKED_AFTER_MS = 10_000
const A_TRANSACTION = 20_000
const START = Date.UTC(2026, 0, 1)

/** Zipf with exponent 1 by inversion: artist 0 is heard about ten thousand times as often as artist 9,999. */
const zipf = (uniform: number) => Math.floor(ARTISTS ** uniform) - 1

/** Numbers from 0 to 1, the same every time. Source: G. Marsaglia, Xorshift RNGs, 2003. */
function random(): () => number {
  let bits = 0x2545f491
  return () => {
    bits ^= bits << 13
    bits ^= bits >>> 17
    bits ^= bits << 5
    return (bits >>> 0) / 2 ** 32
  }
}

const listeners = Array.from({ length: LISTENERS }, (_, index) =>
  createHash('sha256').update(`listener ${index}`).digest('base64url').slice(0, 22),
)

/** How many records each input gets for so many plays. */
export const counts = (plays: number): Record<keyof typeof inputs, number> => ({
  plays,
  likes: Math.ceil(plays / PLAYS_A_LIKE),
  profiles: LISTENERS,
})

/** Makes the topics, and fills the inputs unless they are: plays evenly over two hours and in order, the same every time. */
export async function fill(place: BenchPlace, plays: number, partitions: number): Promise<void> {
  const { kafka, codec } = await openPlace(place)
  const made = [...Object.values(inputs), ...Object.values(outputs), deadLetterTopic]
  const specs = made.map(({ name }) => ({ topic: place.topicPrefix + name, partitions, config: {} }))
  await ensureTopics(kafka, specs, 1)
  const ends = await partitionEnds(kafka, [place.topicPrefix + inputs.plays.name])
  if (ends.values().some(({ high }) => high > 0n)) return
  const producer = await fencedProducer(kafka, `${place.topicPrefix}fill`)
  const encoded = <V>(topic: Topic<V>, key: string, value: V): OutgoingRecord => ({
    topic: topic.name,
    partition: undefined,
    key,
    value: codec.encode(topic, value),
  })
  let records: OutgoingRecord[] = []
  async function send(): Promise<void> {
    const transaction = await producer.transaction()
    await producer.batches.send(transaction, records, (topic) => place.topicPrefix + topic)
    await transaction.commit()
    records = []
    await breathe()
  }
  const next = random()
  for (const [index, listener] of listeners.entries()) {
    records.push(encoded(inputs.profiles, listener, { country: `C${index % COUNTRIES}`, since: START }))
    if (records.length >= A_TRANSACTION) await send()
  }
  for (let row = 0; row < plays; row += 1) {
    const listener = Math.floor(next() * LISTENERS)
    const artist = zipf(next())
    const playedAt = START + Math.floor((row * HOURS_MS) / plays)
    const eventId = row.toString(16).padStart(32, '0')
    const trackId = `track-${artist}`
    const key = listeners[listener]!
    records.push(
      encoded(inputs.plays, key, {
        eventId,
        listener: key,
        trackId,
        trackName: `Track of ${artist}`,
        artistId: `artist-${artist}`,
        artistName: `Artist ${artist}`,
        playedAt,
        msPlayed: 30_000 + Math.floor(next() * 200_000),
        platform: 'web',
        network: '192.0.2.0/24',
        country: `C${listener % COUNTRIES}`,
        source: 'app',
        receivedAt: playedAt,
      }),
    )
    if (row % PLAYS_A_LIKE === 0)
      records.push(encoded(inputs.likes, key, { eventId, trackId, likedAt: playedAt + LIKED_AFTER_MS }))
    if (records.length >= A_TRANSACTION) await send()
  }
  await send()
  await producer.disconnect()
}
