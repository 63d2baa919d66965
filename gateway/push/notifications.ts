import { openAllGivenBack } from '../../pipelines/engine/given-back.ts'
import type { RawRecord } from '../../pipelines/engine/raw-record.ts'
import { type Codec, DecodeError } from '../../schemas/codec.ts'
import { type DeadLetter, replayTopic } from '../../schemas/dead-letter.ts'
import type { Notification } from '../../schemas/events.ts'
import type { SealingKey } from '../../schemas/seal.ts'
import { topics } from '../../schemas/topics.ts'
import { isKind } from './templates.ts'

/** How the stage is given letters back, by a topic that there is, with as many partitions as `notifications`. */
export interface PushReplays {
  /** As its letters name it. */
  stage: string
  deadLetterKey: SealingKey
}

/** A record that is none to be pushed. */
export interface Refused {
  record: RawRecord
  /** snake_case. */
  reason: string
  /** A letter that it was given back and cannot open, which goes back as it is. */
  letter?: DeadLetter
}

/** What was fetched at an offset; neither of both for what is no letter. */
export interface Taken {
  offset: bigint
  notification?: Notification
  refused?: Refused
}

interface NotificationsOptions {
  codec: Codec
  topicPrefix: string
  replays: PushReplays
}

/** Notifications as they come: from their topic, and those that were set aside and are given back. */
export class Notifications {
  readonly #options: NotificationsOptions
  readonly #topic: string
  readonly #replayTopic: string

  constructor(options: NotificationsOptions) {
    this.#options = options
    this.#topic = options.topicPrefix + topics.notifications.name
    this.#replayTopic = options.topicPrefix + replayTopic(options.replays.stage).name
  }

  /** As Kafka knows them. */
  get topics(): string[] {
    return [this.#topic, this.#replayTopic]
  }

  async *read(topic: string, records: readonly RawRecord[]): AsyncGenerator<Taken> {
    const { codec, replays } = this.#options
    if (topic === this.#topic) {
      await codec.load(records.map(({ value }) => value))
      for (const record of records) yield { offset: record.offset, ...this.#read(record) }
      return
    }
    const takes = (letter: DeadLetter) => letter.topic === this.#topic
    for await (const each of openAllGivenBack(records, { codec, ...replays, takes })) {
      const { offset } = each.at
      if (each.record !== undefined) {
        yield { offset, ...this.#read(each.record) }
        continue
      }
      const { at: record, letter, reason } = each
      yield letter === undefined ? { offset } : { offset, refused: { record, reason, letter } }
    }
  }

  #read(record: RawRecord): Omit<Taken, 'offset'> {
    try {
      const notification = this.#options.codec.decode(topics.notifications, record.value)
      return isKind(notification.kind) ? { notification } : { refused: { record, reason: 'unknown_kind' } }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      return { refused: { record, reason: error.reason } }
    }
  }
}
