import { eventSchema } from './event-schema.ts'
import { type Topic, topic } from './topic.ts'

/** Where in its life a record was set aside; `late`, its windows having closed, where that was asked for. */
export type DeadLetterKind = 'decode' | 'validate' | 'step' | 'sink' | 'late'

/** A record set aside: why, from where, and its sealed bytes. */
export interface DeadLetter {
  /** `stage:topic:partition:offset`, by which readers deduplicate. */
  id: string
  stage: string
  /** See {@link kindOf}. */
  kind: Exclude<DeadLetterKind, 'late'>
  reason: string
  topic: string
  partition: number
  offset: number
  timestamp: number
  schemaId: number | null
  source: string | null
  keyId: string
  sealed: Buffer
  /** How often the record had been set aside before: of two letters with one id the higher one holds. */
  attempt: number
  /** Kafka's id of the topic, where who set it aside knew. */
  topicId: string | null
  /** `kind` is `step` then: an enum cannot grow. */
  late: boolean
  /** What is sealed was compressed before. */
  deflated: boolean
  /** What the error behind it calls itself, or kind and reason in capitals: `DECODE_MALFORMED_AVRO`. */
  errorCode: string | null
  traceId: string | null
  /** For people, without personal data. */
  summary: string
}

export const deadLetterV2 = eventSchema<DeadLetter>('dead-letter.v2')

const days = (n: number) => String(n * 24 * 3_600_000)
/** What the largest raw record becomes once sealed. */
const LARGEST = '4194304'

/**
 * Where records are set aside, whoever refuses them. It takes what the largest raw record becomes once sealed. A letter that is purged is
 * a record without a value.
 */
export const deadLetterTopic = topic('dead-letters', deadLetterV2, 'none', {
  'cleanup.policy': 'compact,delete',
  'retention.ms': days(30),
  'max.message.bytes': LARGEST,
})

/**
 * Letters that a stage is given back, sealed as they were: a further input of that stage, and read by nobody else. Each letter is in it
 * once for each attempt. It keeps them longer than there are letters, so that none is handed over again.
 */
export const replayTopic = (stage: string): Topic<DeadLetter, 'none'> =>
  topic(`${stage}-replay`, deadLetterV2, 'none', { 'retention.ms': days(60), 'max.message.bytes': LARGEST })

export const kindOf = ({ kind, late }: Pick<DeadLetter, 'kind' | 'late'>): DeadLetterKind =>
  late ? 'late' : kind

/** What tells one handing over of a letter from another. */
export const replayKey = ({ id, attempt }: Pick<DeadLetter, 'id' | 'attempt'>): string => `${id}#${attempt}`
