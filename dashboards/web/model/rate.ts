interface Reading {
  at: number
  total: number
}

/** A rate over less than this says more about the batches than about the plays. */
const SHORTEST_SPAN_MS = 1_000

/**
 * Events per second from readings of a growing counter, over the last `windowMs`. The value at the window's start is
 * interpolated, so a pause and its catch-up spread over the time they took. A counter that falls has begun anew.
 */
export function slidingRate(windowMs = 10_000) {
  /** Oldest first; at most one lies before the window. */
  let readings: Reading[] = []

  function forget(now: number): void {
    const start = now - windowMs
    const inside = readings.findIndex(({ at }) => at > start)
    readings = readings.slice(inside < 0 ? -1 : Math.max(0, inside - 1))
  }

  return {
    add(at: number, total: number): void {
      const last = readings.at(-1)
      if (last && total < last.total) readings = []
      if (last && at <= last.at) readings.pop()
      readings.push({ at, total })
      forget(at)
    },

    /** Undefined until a second has been seen. */
    perSecond(now: number): number | undefined {
      const first = readings[0]
      const last = readings.at(-1)
      if (!first || !last || now - first.at < SHORTEST_SPAN_MS) return undefined
      const start = Math.max(first.at, now - windowMs)
      return ((last.total - totalAt(readings, start)) / (now - start)) * 1000
    },

    /** The ms that the rate is over: fewer than the window until so much has been seen. */
    overMs(now: number): number {
      return Math.min(windowMs, now - (readings[0]?.at ?? now))
    },
  }
}

/** The counter at `time`, on a straight line between the readings around it. */
function totalAt(readings: Reading[], time: number): number {
  const after = readings.findIndex(({ at }) => at >= time)
  if (after < 0) return readings.at(-1)!.total
  const right = readings[after]!
  const left = readings[after - 1]
  if (!left) return right.total
  return left.total + ((right.total - left.total) * (time - left.at)) / (right.at - left.at)
}
