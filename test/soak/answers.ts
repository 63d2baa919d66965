import type { Case } from './cases.ts'

/**
 * What an operator said to a case, in the order in which it said it, as lines that begin with the index of the row that
 * caused them; ms since 1970.
 */
export interface Answers {
  /** Each update of a window: `SEQ KEY START END COUNT SUM TIME`. */
  readonly update: string[]
  /** Each window once it is closed: the same. */
  readonly final: string[]
  /** `SEQ KEY LEFT RIGHT TIME`; `-` where there is no partner. */
  readonly pair: string[]
  /** `SEQ N`: so many windows refused the row, or it is not remembered for a join. */
  readonly dropped: string[]
}

export type Channel = keyof Answers

export const noAnswers = (): Answers => ({ update: [], final: [], pair: [], dropped: [] })

/**
 * In what two answers to one case are compared. Sessions have no updates: a merge would have to take them back.
 * The updates of one row are in the order of their windows, since the order of the windows of one row means nothing.
 */
export function comparable({ operator }: Case, answers: Answers): Answers {
  if (operator.kind === 'session') return { ...answers, update: [] }
  return { ...answers, update: answers.update.toSorted(byRowAndStart) }
}

function byRowAndStart(one: string, other: string): number {
  const [a, b] = [one.split(' '), other.split(' ')]
  return Number(a[0]) - Number(b[0]) || Number(a[2]) - Number(b[2])
}

/** How many lines there are. */
export const sizeOf = ({ update, final, pair, dropped }: Answers): number =>
  update.length + final.length + pair.length + dropped.length
