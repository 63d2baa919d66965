import { query } from './query.ts'

/** How many records a stage has set aside; one that was replayed and refused again counts again. */
export interface StageLetters {
  stage: string
  letters: number
}

/** Dead letters that came to ClickHouse in [`from`, `to`), counted by stage. */
export const lettersByStage = query<{ from: Date; to: Date }, StageLetters>('letters-by-stage')
