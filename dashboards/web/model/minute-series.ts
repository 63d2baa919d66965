/** A minute's plays over all artists; `start` in ms since 1970. */
export interface Minute {
  start: number
  plays: number
}

export const MINUTE_MS = 60_000

/** Until ClickHouse has a minute whole, the live figure may be ahead; after this long history alone has the say. */
const SETTLED_AFTER_MS = 2 * MINUTE_MS

export function minuteOf(time: number): number {
  return Math.floor(time / MINUTE_MS) * MINUTE_MS
}

/**
 * Plays by minute over the last hour: history, which live updates extend. Both count the same plays from below –
 * history lags a little, the live windows leave out late plays – so the greater is the better known.
 */
export function minuteSeries(length = 60) {
  let history = new Map<number, number>()
  /** Plays of a minute that history leaves out: none; with k > 1 nobody knows, since fewer than k listeners may have played. */
  let untold: 0 | null = 0
  let knownFrom = Infinity
  let knownTo = -Infinity
  const live = new Map<number, number>()

  function playsIn(start: number): number | null {
    const counted = live.get(start)
    const stored = start >= knownFrom && start < knownTo ? (history.get(start) ?? untold) : undefined
    if (counted === undefined) return stored ?? null
    return Math.max(counted, stored ?? 0)
  }

  return {
    /** Takes over what ClickHouse answered for [`from`, `to`). */
    load({ from, to, k, minutes }: { from: number; to: number; k: number; minutes: Minute[] }): void {
      history = new Map(minutes.map(({ start, plays }) => [start, plays]))
      untold = k > 1 ? null : 0
      knownFrom = from
      knownTo = to
      for (const start of live.keys()) if (start < to - MINUTE_MS - SETTLED_AFTER_MS) live.delete(start)
    },

    /** Takes over live totals; each is absolute, so a repeated one changes nothing. */
    extend(minutes: Minute[]): void {
      for (const { start, plays } of minutes) live.set(start, plays)
    },

    /** Plays of all known minutes from `start` on. */
    playsSince(start: number, now: number): number {
      return this.until(now).reduce(
        (sum, minute) => sum + (minute.start < start ? 0 : (minute.plays ?? 0)),
        0,
      )
    },

    /** The last `length` minutes up to the one that `now` is in, oldest first; null where nothing is known. */
    until(now: number): { start: number; plays: number | null }[] {
      const last = minuteOf(now)
      const first = last - (length - 1) * MINUTE_MS
      for (const start of live.keys()) if (start < first) live.delete(start)
      return Array.from({ length }, (_, index) => {
        const start = first + index * MINUTE_MS
        return { start, plays: playsIn(start) }
      })
    },
  }
}
