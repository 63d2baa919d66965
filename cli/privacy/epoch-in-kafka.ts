import type { Message } from 'kafkajs'
import type { Logger } from 'pino'
import { defer, retry } from 'rxjs'
import type { Following } from '../../pipelines/engine/kafka/follow-partitions.ts'
import { pseudonymsTopic } from '../../schemas/pseudonyms-topic.ts'
import { type Config, ConfigError } from '../config.ts'
import { connectKafka } from '../kafka.ts'
import { JsonTopic, type JsonTopicPlace, type Keeper, jsonIn } from '../json-topic.ts'
import { requireNotPending } from './read-pseudonyms.ts'

const AGAIN_AFTER_MS = 2_000
const TOLD_AFTER_MS = 2_000

/** The epoch in which topics and stores are, or, while it is pending, into which they are being brought. */
export interface EpochSaid {
  epoch: number
  pending?: boolean
  /** Whether something has been brought in, so that it cannot be taken back. */
  begun?: boolean
}

/** What the topic says, so far as it has been read. */
export class EpochInUse implements Keeper {
  /** Undefined: nothing. */
  said: EpochSaid | undefined

  take(_: string, value: Buffer | null): void {
    this.said = jsonIn(value) as EpochSaid | undefined
  }

  /**
   * @throws ConfigError while an epoch is pending, and for pseudonyms of another one, if ours are made; where none has been written down any is right
   */
  require(ours: number | undefined): void {
    if (this.said?.pending === true)
      throw new ConfigError(
        `epoch ${this.said.epoch} of pseudonyms is pending, as \`continuo privacy rekey\` has not ended: run it again, where its key ring is, then start this`,
      )
    if (this.said === undefined || ours === undefined || this.said.epoch === ours) return
    throw new ConfigError(
      `pseudonyms here are of epoch ${ours}, and all others of epoch ${this.said.epoch}: name the key ring of now in PSEUDONYM_KEYS and what wraps it in WRAPPING_KEYS, and unset PSEUDONYM_KEY`,
    )
  }
}

export const epochInKafka = new JsonTopic(pseudonymsTopic, () => new EpochInUse())

export const epochMessage = (said: EpochSaid): Message => ({ key: 'epoch', value: JSON.stringify(said) })

/** @throws ConfigError if pseudonyms are of another epoch by now, or one is pending */
export async function requireEpoch(place: JsonTopicPlace, ours?: number): Promise<void> {
  ;(await epochInKafka.read(place)).require(ours)
}

/** @throws ConfigError while pseudonyms are brought into a new epoch, as the key ring here has it, or Kafka */
export async function requireNoRekey(place: JsonTopicPlace & { config: Config }): Promise<void> {
  requireNotPending(place.config)
  await requireEpoch(place)
}

/**
 * Looks whether no epoch is pending, and pseudonyms of this one, if any are made, are right, and goes on looking; `crash` is told of a {@link ConfigError}
 * when it is not so.
 */
export function keepToEpoch(
  place: JsonTopicPlace,
  ours: number | undefined,
  crash: (error: unknown) => void,
): Promise<Following> {
  const look = (inUse: EpochInUse) => {
    try {
      inUse.require(ours)
    } catch (error) {
      crash(error)
    }
  }
  return epochInKafka.follow(place, look, crash)
}

/**
 * As {@link keepToEpoch}, for who works without Kafka, too: it is asked until it answers. That it does not is told once, where its client would say so at every
 * attempt.
 */
export function keepToEpochLater(
  { config, log }: { config: Config; log: Logger },
  ours: number | undefined,
  crash: (error: unknown) => void,
): Following {
  const quiet = log.child({}, { level: 'error' })
  const kafka = connectKafka(config, 'continuo-epoch', quiet)
  const slow = setTimeout(
    () => log.warn('Kafka does not answer, and is asked until it does: look at KAFKA_BROKERS'),
    TOLD_AFTER_MS,
  )
  const asked = defer(() => keepToEpoch({ kafka, config }, ours, crash))
    .pipe(retry({ delay: AGAIN_AFTER_MS }))
    .subscribe(() => {
      clearTimeout(slow)
      quiet.level = log.level
    })
  return {
    stop() {
      clearTimeout(slow)
      asked.unsubscribe()
      return Promise.resolve()
    },
  }
}
