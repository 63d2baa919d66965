import { type Producer, Partitioners } from 'kafkajs'
import type { Logger } from 'pino'
import type { Breaker } from '../gateway/live/breaker.ts'
import type { SendEvent } from '../gateway/live/listeners/rpc.ts'
import type { Codec } from '../schemas/codec.ts'
import { openCodec } from './codec.ts'
import type { Config } from './config.ts'
import { connectKafka } from './kafka.ts'
import { requireEpoch } from './privacy/epoch-in-kafka.ts'

/** A client waits for the answer: it is better told soon to try again. */
const REQUEST_TIMEOUT_MS = 2_000
const RETRIES = 2

interface Open {
  codec: Codec
  producer: Producer
}

/**
 * Writes single events, under pseudonyms of an epoch. Kafka and the registry are asked for with the first one, and again while they are away.
 * @param through what they are called through
 */
export function eventProducer(
  config: Config,
  log: Logger,
  epoch: number,
  through: Breaker = (call) => call(),
): { send: SendEvent; close(): Promise<void> } {
  let opening: Promise<Open> | undefined

  async function open(): Promise<Open> {
    const kafka = connectKafka(config, 'continuo-gateway', log)
    await requireEpoch({ kafka, config }, epoch)
    const producer = kafka.producer({
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry: { retries: RETRIES },
    })
    const [codec] = await Promise.all([openCodec(config, log), producer.connect()])
    return { codec, producer }
  }

  return {
    async send({ topic, key, value }) {
      opening ??= through(open).catch((error: unknown) => {
        opening = undefined
        throw error
      })
      const { codec, producer } = await opening
      const messages = [{ key, value: value === null ? null : codec.encode(topic, value) }]
      const about = { topic: config.TOPIC_PREFIX + topic.name, acks: -1, timeout: REQUEST_TIMEOUT_MS }
      await through(() => producer.send({ ...about, messages }))
    },
    async close() {
      const { producer } = (await opening?.catch(() => undefined)) ?? {}
      await producer?.disconnect()
    },
  }
}
