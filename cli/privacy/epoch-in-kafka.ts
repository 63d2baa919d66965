import type { Message } from 'kafkajs'
import type { Following } from '../../pipelines/engine/kafka/follow-partitions.ts'
import { pseudonymsTopic } from '../../schemas/pseudonyms-topic.ts'
import { ConfigError } from '../config.ts'
import { JsonTopic, type JsonTopicPlace, type Keeper, jsonIn } from '../json-topic.ts'

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

  /** @throws ConfigError for pseudonyms of another epoch; where none has been written down any is right */
  require(ours: number): void {
    if (this.said === undefined || this.said.epoch === ours) return
    throw new ConfigError(
      `pseudonyms here are of epoch ${ours}, and all others of epoch ${this.said.epoch}: name the key ring of now in PSEUDONYM_KEYS, and unset PSEUDONYM_KEY`,
    )
  }
}

export const epochInKafka = new JsonTopic(pseudonymsTopic, () => new EpochInUse())

export const epochMessage = (said: EpochSaid): Message => ({ key: 'epoch', value: JSON.stringify(said) })

/** @throws ConfigError if pseudonyms are of another epoch by now */
export async function requireEpoch(place: JsonTopicPlace, ours: number): Promise<void> {
  ;(await epochInKafka.read(place)).require(ours)
}

/** Looks whether pseudonyms of an epoch are right, and goes on looking; `crash` is told of a {@link ConfigError} when they are not. */
export function keepToEpoch(
  place: JsonTopicPlace,
  ours: number,
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
