import progress from 'cli-progress'

export interface Bar {
  show(what: string, done: number, total: number): void
  stop(): void
}

/** On the standard error, where there is a terminal. */
export function progressBar(): Bar {
  // It would take the first Ctrl-C for itself.
  const bar = new progress.SingleBar({ format: '[{bar}] {percentage}% | {what}', gracefulExit: false })
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
