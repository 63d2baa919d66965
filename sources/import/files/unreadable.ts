import type { SkipReason } from '../listen.ts'

/** A record that cannot be read. */
export class Unreadable {
  readonly reason: SkipReason
  constructor(reason: SkipReason) {
    this.reason = reason
  }
}
