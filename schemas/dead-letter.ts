import { eventSchema } from './event-schema.ts'
import { topic } from './topic.ts'

/** Where in its life a record was set aside. */
export type DeadLetterKind = 'decode' | 'validate' | 'step' | 'sink'

/** A record set aside: why, from where, and its sealed bytes. */
export interface DeadLetter {
  /** `stage:topic:partition:offset`, by which readers deduplicate. */
  id: string
  stage: string
  kind: DeadLetterKind
  reason: string
  topic: string
  partition: number
  offset: number
  timestamp: number
  schemaId: number | null
  source: string | null
  keyId: string
  sealed: Buffer
}

export const deadLetterV1 = eventSchema<DeadLetter>('dead-letter.v1')

/** Where records are set aside, whoever refuses them. It takes what the largest raw record becomes once sealed. */
export const deadLetterTopic = topic('dead-letters', deadLetterV1, 'none', {
  'retention.ms': String(30 * 24 * 3_600_000),
  'max.message.bytes': '4194304',
})
