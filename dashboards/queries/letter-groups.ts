import { query } from './query.ts'

/** Which letters are asked about: those of one stage, or all where `stage` is empty. */
export interface LettersAsked extends Record<string, unknown> {
  from: Date
  to: Date
  stage: string
}

/** Letters that are alike. Times are ms since 1970, when they came to ClickHouse. */
export interface LetterGroup {
  stage: string
  kind: string
  reason: string
  topic: string
  letters: number
  /** Different ones: a record that is refused again has a further letter. */
  records: number
  first: number
  last: number
}

/** The two hundred largest groups, the largest first. */
export const letterGroups = query<LettersAsked, LetterGroup>('letter-groups')
