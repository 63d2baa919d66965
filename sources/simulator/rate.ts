const MAX_PLAYS_PER_SECOND = 100_000

/** A rate as it may be set. @throws RangeError naming what is allowed. */
export function checkedRate(playsPerSecond: number): number {
  if (Number.isFinite(playsPerSecond) && playsPerSecond >= 0 && playsPerSecond <= MAX_PLAYS_PER_SECOND)
    return playsPerSecond
  throw new RangeError(`plays per second must be a number from 0 to ${MAX_PLAYS_PER_SECOND}`)
}
