/** Time, so that a test can be its master. */
export interface Clock {
  /** Milliseconds since any moment, never going back. */
  now(): number
  /** Calls once after so many milliseconds, unless the returned function has been called. */
  after(ms: number, call: () => void): () => void
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms)
    return () => clearTimeout(timer)
  },
}
