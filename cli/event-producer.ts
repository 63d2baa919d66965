import { setTimeout as delay } from 'node:timers/promises'
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
/** Kafka's client waits for a first broker for as long as it takes; who tells something does not. */
const OPEN_WITHIN_MS = 2_000

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
  let opened: Open | undefined

  async function open(): Promise<Open> {
    const kafka = connectKafka(config, 'continuo-gateway', log)
    await requireEpoch({ kafka, config }, epoch)
    const producer = kafka.producer({
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry: { retries: RETRIES },
    })
    const [codec] = await Promise.all([openCodec(config, log), producer.connect()])
    opened = { codec, producer }
    return opened
  }

  return {
    async send({ topic, key, value }) {
      opening ??= open().catch((error: unknown) => {
        opening = undefined
        throw error
      })
      const beingOpened = opening
      // While Kafka is left alone nobody waits for it.
      beingOpened.catch(() => undefined)
      const { codec, producer } = opened ?? (await through(() => inTime(beingOpened)))
      const messages = [{ key, value: value === null ? null : codec.encode(topic, value) }]
      const about = { topic: config.TOPIC_PREFIX + topic.name, acks: -1, timeout: REQUEST_TIMEOUT_MS }
      await through(() => producer.send({ ...about, messages }))
    },
    async close() {
      // What is still being opened is not waited for: no broker may answer.
      await opened?.producer.disconnect()
    },
  }
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  const late = delay(OPEN_WITHIN_MS, undefined, { ref: false }).then(() => {
    throw new Error(`Kafka has not answered within ${OPEN_WITHIN_MS} ms`)
  })
  return Promise.race([work, late])
}
