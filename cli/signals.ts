/** Signals within so many milliseconds are one wish: npm passes a Ctrl-C on that the terminal has sent to everybody. */
const ONE_WISH_MS = 500

/**
 * Calls `stop` at the first of these signals, and `force` at every later one that a person has sent on purpose.
 * Signals within half a second of the first count as the same.
 */
export function onStopSignals(
  signals: readonly NodeJS.Signals[],
  stop: (signal: NodeJS.Signals) => void,
  force: () => void,
): void {
  let asked: number | undefined
  for (const signal of signals)
    process.on(signal, () => {
      if (asked === undefined) {
        asked = performance.now()
        stop(signal)
      } else if (performance.now() - asked > ONE_WISH_MS) force()
    })
}
