import { progressBar } from '../../progress-bar.ts'

export interface Bar {
  show(what: string, done: number, total: number): void
  stop(): void
}

/** One for all topics and tables, which says at which it is. */
export function topicBar(): Bar {
  const bar = progressBar('[{bar}] {percentage}% | {what}')
  let begun = false
  return {
    show(what, done, total) {
      if (!begun) bar.start(total, done, { what })
      begun = true
      bar.setTotal(total)
      bar.update(done, { what })
    },
    stop() {
      bar.stop()
    },
  }
}
