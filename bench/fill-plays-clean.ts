import { createHash } from 'node:crypto'
import { ensureTopics } from '../pipelines/engine/index.ts'
import { topicMigrations } from '../schemas/migrations/index.ts'
import { topics } from '../schemas/topics.ts'
import { type BenchPlace, openPlace } from './kafka.ts'

const ARTISTS = 20_000
const LISTENERS = 50_000
const HOURS_MS = 2 * 3_600_000
const A_SEND = 500

const hash = (text: string) => createHash('sha256').update(text).digest()

/** Zipf with exponent 1 by inversion: artist 0 is heard about ten thousand times as often as artist 9,999. */
const zipf = (uniform: number) => Math.floor(ARTISTS ** uniform) - 1

/** Writes `rows` plays, spread evenly over two hours and in order, into `plays-clean`. The same rows every time. */
export async function fillPlaysClean(place: BenchPlace, rows: number, partitions: number): Promise<void> {
  const { kafka, codec } = await openPlace(place)
  await ensureTopics(
    kafka,
    topicMigrations.flat().map(({ topic, partitions: count }) => ({
      topic: place.topicPrefix + topic.name,
      partitions: count === 'plays' ? partitions : count,
      config: topic.config,
    })),
    1,
  )
  const producer = kafka.producer({ idempotent: true })
  await producer.connect()
  const start = Date.UTC(2026, 0, 1)
  for (let row = 0; row < rows;) {
    const messages = []
    for (; messages.length < A_SEND && row < rows; row += 1) {
      const random = hash(`row ${row}`)
      const artist = zipf(random.readUInt32BE(0) / 2 ** 32)
      const listener = hash(`listener ${random.readUInt32BE(4) % LISTENERS}`)
        .toString('base64url')
        .slice(0, 22)
      const playedAt = start + Math.floor((row * HOURS_MS) / rows)
      const value = codec.encode(topics.playsClean, {
        eventId: random.toString('hex').slice(0, 32),
        listener,
        trackId: `track-${artist}`,
        trackName: `Track of ${artist}`,
        artistId: `artist-${artist}`,
        artistName: `Artist ${artist}`,
        playedAt,
        msPlayed: 180_000,
        platform: 'web',
        network: '192.0.2.0/24',
        country: 'NO',
        source: 'app',
        receivedAt: playedAt,
      })
      messages.push({ key: listener, value })
    }
    await producer.send({ topic: place.topicPrefix + topics.playsClean.name, messages })
  }
  await producer.disconnect()
}
