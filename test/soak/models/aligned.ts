import { type Answers, noAnswers } from '../answers.ts'
import type { Case, Operator } from '../cases.ts'
import { Closing, type ModelWindow, added, printed } from './closing.ts'
import type { Edges } from './edges.ts'

export type Aligned = Extract<Operator, { kind: 'tumbling' | 'hopping' }>

/** Tumbling and hopping windows: each that contains the row takes it, until stream time is its end and the grace. */
export function alignedModel({ operator, rows }: Case<Aligned>, edges: Edges): Answers {
  const { size, grace } = operator
  const advance = operator.kind === 'hopping' ? operator.advance : size
  const answers = noAnswers()
  const windows = new Map<string, ModelWindow>()
  const closing = new Closing()
  let streamTime = -Infinity
  for (const [seq, { key, time, value }] of rows.entries()) {
    streamTime = Math.max(streamTime, time)
    let dropped = 0
    for (let start = firstStart(time, size, advance); start <= time; start += advance) {
      if (start < 0 && edges.has('before-1970')) continue
      const end = start + size
      if (end + grace <= streamTime) {
        dropped++
        continue
      }
      const id = `${start} ${key}`
      const window = added(windows.get(id) ?? { key, start, end, count: 0, sum: 0, time }, time, value ?? 0)
      windows.set(id, window)
      closing.put(window)
      answers.update.push(`${seq} ${printed(window)}`)
    }
    for (const window of closing.due(streamTime - grace)) answers.final.push(`${seq} ${printed(window)}`)
    if (dropped > 0) answers.dropped.push(`${seq} ${dropped}`)
  }
  return answers
}

/** The first multiple of `advance` that is above `time - size`. */
const firstStart = (time: number, size: number, advance: number) =>
  (Math.floor((time - size) / advance) + 1) * advance
