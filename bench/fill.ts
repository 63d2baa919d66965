import { setImmediate as breathe } from 'node:timers/promises'
import { type Topic, ensureTopics } from '../pipelines/engine/index.ts'
import { partitionEnds } from '../pipelines/engine/kafka/offsets.ts'
import { fencedProducer } from '../pipelines/engine/kafka/transaction.ts'
import { OutgoingRecords } from '../pipelines/engine/outgoing-records.ts'
import { deadLetterTopic } from '../schemas/dead-letter.ts'
import { type BenchPlace, openPlace } from './kafka.ts'
import { LISTENERS, countryOf, listenerNames, playMaker } from './plays.ts'
import { inputs, outputs } from './topics.ts'

const HOURS_MS = 2 * 3_600_000
/** Of so many plays one is liked, this much later. */
const PLAYS_A_LIKE = 4
const LIKED_AFTER_MS = 10_000
const A_TRANSACTION = 20_000
const START = Date.UTC(2026, 0, 1)

/** How many records each input gets for so many plays. */
export const counts = (plays: number): Record<keyof typeof inputs, number> => ({
  plays,
  likes: Math.ceil(plays / PLAYS_A_LIKE),
  profiles: LISTENERS,
})

/** Makes the topics, and fills the inputs unless they are: plays evenly over two hours and in order, the same every time. */
export async function fill(place: BenchPlace, plays: number, partitions: number): Promise<void> {
  const { kafka, codec } = await openPlace(place)
  await makeTopics(place, partitions)
  const named = (topic: string) => place.topicPrefix + topic
  const ends = await partitionEnds(kafka, [named(inputs.plays.name)])
  const written = ends.values().reduce((sum, { high }) => sum + Number(high), 0)
  if (written >= plays) return
  if (written > 0)
    throw new Error(`${named(inputs.plays.name)} is half full: delete it, or measure another number of plays`)
  const producer = await fencedProducer(kafka, `${place.topicPrefix}fill`)
  let outgoing = nothingYet()
  let count = 0
  async function send(): Promise<void> {
    const transaction = await producer.transaction()
    await producer.batches.send(transaction, [...outgoing.values()], named)
    await transaction.commit()
    outgoing = nothingYet()
    await breathe()
  }
  for (const { topic, key, value } of rowsOf(plays)) {
    const records = outgoing.get(topic)!
    codec.write(topic, value, records.values)
    records.add(key)
    count += 1
    if (count % A_TRANSACTION === 0) await send()
  }
  await send()
  await producer.disconnect()
}

/** What all workloads share. */
export async function makeTopics(place: BenchPlace, partitions: number): Promise<void> {
  const { kafka } = await openPlace(place)
  const all = [...Object.values(inputs), ...Object.values(outputs), deadLetterTopic]
  const specs = all.map(({ name }) => ({ topic: place.topicPrefix + name, partitions, config: {} }))
  await ensureTopics(kafka, specs, 1)
}

interface InputRow {
  topic: Topic<unknown>
  key: string
  value: unknown
}

const nothingYet = () =>
  new Map(Object.values(inputs).map((topic: Topic<unknown>) => [topic, new OutgoingRecords(topic.name)]))

function* rowsOf(plays: number): Generator<InputRow> {
  for (const [index, listener] of listenerNames().entries())
    yield { topic: inputs.profiles, key: listener, value: { country: countryOf(index), since: START } }
  const makePlay = playMaker()
  for (let row = 0; row < plays; row += 1) {
    const play = makePlay(START + Math.floor((row * HOURS_MS) / plays))
    const { listener, eventId, trackId, playedAt } = play
    yield { topic: inputs.plays, key: listener, value: play }
    if (row % PLAYS_A_LIKE === 0)
      yield {
        topic: inputs.likes,
        key: listener,
        value: { eventId, trackId, likedAt: playedAt + LIKED_AFTER_MS },
      }
  }
}
