import { type Kafka, type Message, Partitioners } from 'kafkajs'
import type { Codec } from '../schemas/codec.ts'
import type { SealingKey } from '../schemas/seal.ts'
import { topics } from '../schemas/topics.ts'
import { sealDeadLetter } from '../pipelines/engine/dead-letters.ts'
import { goesBack } from '../pipelines/engine/given-back.ts'
import type { PutAside, SetAside } from './decode.ts'

export interface DeadLetterOptions {
  kafka: Kafka
  /** The dead-letters topic is registered with it. */
  codec: Codec
  topicPrefix: string
  key: SealingKey
}

/** Seals what a sink cannot take and writes it to the dead-letters topic. */
export async function putAsideInKafka({
  kafka,
  codec,
  topicPrefix,
  key,
}: DeadLetterOptions): Promise<{ as(stage: string): PutAside; close(): Promise<void> }> {
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  const letterOf = (stage: string, { record, reason, topicId, letter }: SetAside) =>
    letter === undefined
      ? sealDeadLetter(key, record, { stage, kind: 'sink', reason, topicId })
      : goesBack(letter, reason)
  return {
    /** `stage`: the sink's name in its letters. */
    as: (stage) => async (records) => {
      const letters = records.map((each): Message & { value: Buffer } => {
        const letter = letterOf(stage, each)
        return { key: letter.id, value: codec.encode(topics.deadLetters, letter) }
      })
      const topic = topicPrefix + topics.deadLetters.name
      for (const messages of portions(letters)) await producer.send({ topic, acks: -1, messages })
    },
    close: () => producer.disconnect(),
  }
}

/** The most bytes of a batch. A letter that is larger by itself is sent alone, which the topic takes. */
const PORTION_BYTES = 2_000_000

function portions<M extends { value: Buffer }>(messages: M[]): M[][] {
  const cut: M[][] = []
  let bytes = Infinity
  for (const message of messages) {
    if (bytes + message.value.length > PORTION_BYTES) {
      cut.push([])
      bytes = 0
    }
    cut.at(-1)!.push(message)
    bytes += message.value.length
  }
  return cut
}
