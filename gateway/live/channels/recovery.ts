import { isSameStream, type Position, type Publication } from '../protocol/position.ts'
import type { LogPart } from './log-reader.ts'

/** How a position was brought up to date: with all that was missed, or with nothing of it. */
export interface Recovery {
  recovered: boolean
  /** All that was missed, ascending and without a gap; empty if not recovered. */
  publications: Publication[]
  /** From where live messages go on. */
  offset: number
}

/**
 * Merges what the log kept since a position with what was published live while the log was read.
 * Complete or honestly not: a gap anywhere, another epoch or a position ahead of the stream is `recovered: false`.
 * The empty position (no epoch, offset 0) asks for the stream from its beginning, whichever it is.
 *
 * ```
 * since 3   log 4 5 6 (offset 6)   live   6 7 8   →  4 5 6 7 8, offset 8
 * since 3   log     6 (offset 6)   live     7 8   →  not recovered, offset 8
 * ```
 */
export function recover(since: Position, log: LogPart, live: readonly Publication[]): Recovery {
  const top = live.reduce((highest, { offset }) => Math.max(highest, offset), log.offset)
  const publications: Publication[] = []
  let reached = since.offset
  const isSame = isSameStream(since, log.epoch)
  if (isSame) {
    for (const publication of [...log.publications, ...live]) {
      if (publication.offset !== reached + 1) continue
      publications.push(publication)
      reached++
    }
  }
  const recovered = isSame && reached === top
  return { recovered, publications: recovered ? publications : [], offset: top }
}
