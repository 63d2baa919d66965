/** A window of one key, as the models see it: `end` as it is printed. */
export interface ModelWindow {
  readonly key: string
  readonly start: number
  readonly end: number
  count: number
  sum: number
  /** The largest timestamp in it. */
  time: number
}

export const printed = ({ key, start, end, count, sum, time }: ModelWindow): string =>
  `${key} ${start} ${end} ${count} ${sum} ${time}`

export const added = (window: ModelWindow, time: number, value: number): ModelWindow => ({
  ...window,
  count: window.count + 1,
  sum: window.sum + value,
  time: Math.max(window.time, time),
})

/** Updates that wait for their window to close, as `suppress(untilWindowCloses)` keeps them. */
export class Closing {
  readonly #waiting = new Map<string, ModelWindow>()

  put(window: ModelWindow): void {
    this.#waiting.set(idOf(window), window)
  }

  remove(window: ModelWindow): void {
    this.#waiting.delete(idOf(window))
  }

  /** Takes out the windows that end at `time` or before: by their end, then by the bytes of their key. */
  due(time: number): ModelWindow[] {
    const due = [...this.#waiting.values()].filter(({ end }) => end <= time)
    for (const window of due) this.remove(window)
    return due.sort((a, b) => a.end - b.end || Buffer.from(a.key).compare(Buffer.from(b.key)))
  }
}

const idOf = ({ key, start, end }: ModelWindow) => `${start} ${end} ${key}`
