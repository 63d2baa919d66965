const FIRST_MS = 1_000
const LONGEST_MS = 10 * 60_000

/**
 * How long to wait before a push is sent once more, ms, at random between nothing and a bound that doubles with each attempt, so that those that
 * failed together do not come again together ("full jitter").
 */
export const backoff = (attempt: number): number =>
  Math.random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** (attempt - 1))
