import type { Looking } from '../search/looking.ts'

/** Told how much there is to be looked at, and how much more has been. */
export interface Advance {
  begin(total: number): void
  by(n: number): void
}

/** Somewhere that identifiers may have got to. */
export interface Place {
  /** Looks at all of it. What cannot be looked at is a problem of `looking`, or thrown if that is all of it. */
  look(looking: Looking, advance: Advance): Promise<void>
}
