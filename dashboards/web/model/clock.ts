/** How far the server's clock is ahead of this browser's, and how far off that estimate may be, in ms. */
export interface ClockOffset {
  offset: number
  uncertainty: number
}

/** One question for the time: when it was asked and answered by our clock, and what the server said. */
export interface TimeExchange {
  askedAt: number
  answeredAt: number
  serverTime: number
}

/**
 * The offset by the exchange with the shortest round trip: the server read its clock somewhere within it, so the
 * middle is off by half of it at most.
 */
export function estimateOffset(exchanges: TimeExchange[]): ClockOffset | undefined {
  const offsets = exchanges.map(({ askedAt, answeredAt, serverTime }) => ({
    offset: serverTime - (askedAt + answeredAt) / 2,
    uncertainty: (answeredAt - askedAt) / 2,
  }))
  return offsets.toSorted((a, b) => a.uncertainty - b.uncertainty)[0]
}

/** Clocks are read in whole milliseconds, on both sides. */
const RESOLUTION_MS = 1

/** What to add to our clock: nothing where the offset could as well be the measuring. */
export function correction(clock: ClockOffset | undefined): number {
  if (!clock || Math.abs(clock.offset) <= clock.uncertainty + RESOLUTION_MS) return 0
  return clock.offset
}
