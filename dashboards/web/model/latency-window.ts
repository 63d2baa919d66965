import { quantile } from './quantile.ts'

/** One play's way from Kafka to this screen. Times are ms since 1970; both ends brought to one clock. */
export interface LatencySample {
  receivedAt: number
  paintedAt: number
  latency: number
}

export interface LatencySummary {
  samples: number
  /** The ms they were painted in: fewer than the window until so much has been seen. */
  overMs: number
  p50: number
  p99: number
}

/** Samples of the last 30 s. More than this many (over 1,000 a second) push the oldest out. */
const CAPACITY = 32_768
const WINDOW_MS = 30_000

/** The newest samples, with exact quantiles over them. */
export function latencyWindow({ capacity = CAPACITY, windowMs = WINDOW_MS } = {}) {
  const receivedAt = new Float64Array(capacity)
  const paintedAt = new Float64Array(capacity)
  const latency = new Float64Array(capacity)
  let next = 0
  let held = 0
  let firstAt = Infinity

  /** Slots of the samples inside the window, oldest first. */
  function* slots(now: number): Generator<number> {
    for (let age = held; age > 0; age--) {
      const slot = (next - age + capacity) % capacity
      if (paintedAt[slot]! > now - windowMs) yield slot
    }
  }

  return {
    add(sample: LatencySample): void {
      receivedAt[next] = sample.receivedAt
      paintedAt[next] = sample.paintedAt
      latency[next] = sample.latency
      firstAt = Math.min(firstAt, sample.paintedAt)
      next = (next + 1) % capacity
      held = Math.min(held + 1, capacity)
    },

    samples(now: number): LatencySample[] {
      return Array.from(slots(now), (slot) => ({
        receivedAt: receivedAt[slot]!,
        paintedAt: paintedAt[slot]!,
        latency: latency[slot]!,
      }))
    },

    summary(now: number): LatencySummary | undefined {
      const values = Float64Array.from(Array.from(slots(now), (slot) => latency[slot]!))
      const p50 = quantile(values, 0.5)
      const p99 = quantile(values, 0.99)
      if (p50 === undefined || p99 === undefined) return undefined
      return { samples: values.length, overMs: Math.min(windowMs, now - firstAt), p50, p99 }
    },
  }
}
