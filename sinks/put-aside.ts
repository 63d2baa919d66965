import type { Kafka } from 'kafkajs'
import type { Codec } from '../schemas/codec.ts'
import { topics } from '../schemas/topics.ts'
import { type DeadLetterKey, sealDeadLetter } from '../pipelines/engine/dead-letters.ts'
import type { PutAside } from './decode.ts'

export interface DeadLetterOptions {
  kafka: Kafka
  /** With the dead-letters topic registered. */
  codec: Codec
  topicPrefix: string
  key: DeadLetterKey
  /** The sink's name in its letters. */
  stage: string
}

/** Seals what a sink cannot take and writes it to the dead-letters topic. */
export async function putAsideInKafka({
  kafka,
  codec,
  topicPrefix,
  key,
  stage,
}: DeadLetterOptions): Promise<{ putAside: PutAside; close(): Promise<void> }> {
  const producer = kafka.producer()
  await producer.connect()
  return {
    async putAside(records) {
      const letters = records.map(({ record, reason }) =>
        sealDeadLetter(key, record, { stage, kind: 'sink', reason }),
      )
      await producer.send({
        topic: topicPrefix + topics.deadLetters.name,
        acks: -1,
        messages: letters.map((letter) => ({
          key: letter.id,
          value: codec.encode(topics.deadLetters, letter),
        })),
      })
    },
    close: () => producer.disconnect(),
  }
}
