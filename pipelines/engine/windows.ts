/** Lengths of time, in ms. */
export const seconds = (n: number) => n * 1_000
export const minutes = (n: number) => n * 60_000
export const hours = (n: number) => n * 3_600_000

/** A window of event time: ms since 1970, `end` exclusive. */
export interface Window {
  readonly start: number
  readonly end: number
}

/** How time is cut into windows. */
export interface Windows {
  readonly sizeMs: number
  /** How long after its end, in stream time, a window still takes rows. */
  readonly graceMs: number
  /** Starts of the windows that a timestamp belongs to: arithmetic, no state. */
  startsFor(timestamp: number): number[]
}

/**
 * Windows of one length, side by side, aligned to 1970.
 *
 *     |--- 0 ---|--- 1 ---|--- 2 ---|     startsFor(t) = [t - t mod size]
 */
export function tumbling(sizeMs: number, { grace }: { grace: number }): Windows {
  if (!(sizeMs > 0))
    throw new RangeError(`a window of ${sizeMs} ms would hold nothing: give a length above 0`)
  if (!(grace >= 0)) throw new RangeError(`a grace of ${grace} ms would refuse rows in time: give 0 or more`)
  return {
    sizeMs,
    graceMs: grace,
    startsFor: (timestamp) => [Math.floor(timestamp / sizeMs) * sizeMs],
  }
}
