import type { LettersAsked } from './letter-groups.ts'
import { query } from './query.ts'

/** A letter without what is sealed in it. */
export interface Letter {
  id: string
  /** When it came to ClickHouse, ms since 1970. */
  at: number
  stage: string
  kind: string
  reason: string
  topic: string
  partition: number
  offset: string
  errorCode: string | null
  schemaId: number | null
  attempt: number
  traceId: string | null
  summary: string
}

/** The newest hundred, the newest first. */
export const newestLetters = query<LettersAsked, Letter>('newest-letters')
