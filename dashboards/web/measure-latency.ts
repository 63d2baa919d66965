import { type LatencySample, type LatencySummary, latencyWindow } from './model/latency-window.ts'

/** Follows the plays named in updates from their arrival in Kafka to their paint here. `now` is the server's clock. */
export function measureLatency(now: () => number) {
  const window = latencyWindow()
  let unpainted: number[] = []

  // What waits for a reader who looks elsewhere says nothing about the way here.
  document.addEventListener('visibilitychange', () => {
    unpainted = []
  })

  return {
    arrived(receivedAt: number[]): void {
      if (!document.hidden) unpainted.push(...receivedAt)
    },

    /** To be called as they are drawn; returns what to call when that drawing is on the screen. */
    drawn(): () => void {
      const drawn = unpainted
      unpainted = []
      return function painted() {
        const paintedAt = now()
        for (const receivedAt of drawn) window.add({ receivedAt, paintedAt, latency: paintedAt - receivedAt })
      }
    },

    summary: (): LatencySummary | undefined => window.summary(now()),
    samples: (): LatencySample[] => window.samples(now()),
  }
}
