import { type Answers, noAnswers } from '../answers.ts'
import type { Case, CaseRow, Operator } from '../cases.ts'
import { Closing, type ModelWindow, added, printed } from './closing.ts'
import type { Edges } from './edges.ts'

export type Sliding = Extract<Operator, { kind: 'sliding' }>

/** Sliding windows by KIP-450, from a list of all windows, without an index. */
export function slidingModel({ operator, rows }: Case<Sliding>, edges: Edges): Answers {
  const model = new SlidingModel(operator, edges)
  for (const [seq, row] of rows.entries()) model.take(seq, row)
  return model.answers
}

/** What a row finds among the windows of its key. */
interface Found {
  /** Windows that contain it, the latest first. */
  containing: ModelWindow[]
  /** The latest window that ends before it, as far back as one is looked for. */
  ended: ModelWindow | undefined
  /** What lies behind it as one window has it; undefined where that is nothing. */
  behind: ModelWindow | undefined
}

class SlidingModel {
  readonly answers = noAnswers()
  readonly #difference: number
  readonly #grace: number
  readonly #edges: Edges
  readonly #closing = new Closing()
  #windows: ModelWindow[] = []
  #streamTime = -Infinity
  #latestStart = -Infinity
  #seq = 0
  #dropped = 0

  constructor({ difference, grace }: Sliding, edges: Edges) {
    this.#difference = difference
    this.#grace = grace
    this.#edges = edges
  }

  take(seq: number, row: CaseRow): void {
    this.#seq = seq
    this.#dropped = 0
    this.#streamTime = Math.max(this.#streamTime, row.time)
    if (row.time + this.#difference < this.#streamTime - this.#grace) this.#dropped = 1
    else if (row.time < this.#difference && this.#edges.has('before-1970')) this.#takeEarly(row)
    else this.#takeUsual(row)
    if (this.#dropped > 0) this.answers.dropped.push(`${seq} ${this.#dropped}`)
  }

  #takeUsual(row: CaseRow): void {
    const { key, time } = row
    const found = this.#find(row)
    for (const window of found.containing) this.#add(row, window)
    const own = found.containing.find(({ end }) => end === time)
    if (own?.time === time) return
    const previous = found.ended?.time ?? own?.time
    if (previous !== undefined && previous + 1 + this.#difference >= time) this.#beginBehind(row, previous)
    if (own === undefined) {
      const near = previous !== undefined && previous >= time - this.#difference ? found.ended : undefined
      this.#add(row, { ...(near ?? this.#empty(key)), ...this.#at(time - this.#difference), time })
    }
    if (found.behind && !this.#has(key, time + 1)) this.#beginAs(found.behind, time + 1)
  }

  /** Windows that would begin before 1970 are one, from 1970 on. */
  #takeEarly(row: CaseRow): void {
    const { key, time } = row
    const { containing } = this.#find(row)
    const shared = this.#windows.find((each) => each.key === key && each.start === 0)
    const others = containing.filter(({ start }) => start > 0)
    const behind = others[0] ?? shared
    for (const window of others.toReversed()) this.#add(row, window)
    if (behind && behind.time > time && !this.#has(key, time + 1)) this.#beginAs(behind, time + 1)
    if (shared && shared.time < time) this.#beginBehind(row, shared.time)
    this.#add(row, shared ?? { ...this.#empty(key), ...this.#at(0), time })
  }

  /** Windows are kept until one has begun twice the difference and the grace later. */
  #find({ key, time }: CaseRow): Found {
    const horizon = this.#latestStart - 2 * this.#difference - this.#grace
    this.#windows = this.#windows.filter(({ start }) => start > horizon)
    const own = this.#windows.filter((each) => each.key === key).sort((a, b) => b.start - a.start)
    const containing = own.filter(({ start, end }) => start <= time && end >= time)
    const ended = own.find(({ start, end }) => end < time && start >= time - 2 * this.#difference)
    const latest = containing.find(({ end }) => end > time)
    return { containing, ended, behind: latest && latest.time > time ? latest : undefined }
  }

  /** The window behind the row before this one. */
  #beginBehind(row: CaseRow, previous: number): void {
    if (!this.#has(row.key, previous + 1))
      this.#add(row, { ...this.#empty(row.key), ...this.#at(previous + 1), time: row.time })
  }

  /** A window that begins with what another one holds. */
  #beginAs(window: ModelWindow, start: number): void {
    this.#put({ ...window, ...this.#at(start) })
  }

  #add({ time, value }: CaseRow, window: ModelWindow): void {
    const closed = this.#streamTime - this.#grace
    const isOpen = this.#edges.has('closing-equal') ? window.end >= closed : window.end > closed
    if (isOpen) this.#put(added(window, time, value ?? 0))
    else this.#dropped++
  }

  #put(window: ModelWindow): void {
    this.#windows = this.#windows.filter(({ key, start }) => key !== window.key || start !== window.start)
    this.#windows.push(window)
    this.#latestStart = Math.max(this.#latestStart, window.start)
    this.#closing.put(window)
    this.answers.update.push(`${this.#seq} ${printed(window)}`)
    for (const due of this.#closing.due(this.#streamTime - this.#grace))
      this.answers.final.push(`${this.#seq} ${printed(due)}`)
  }

  #has(key: string, start: number): boolean {
    return this.#windows.some((each) => each.key === key && each.start === start)
  }

  #at(start: number) {
    return { start, end: start + this.#difference }
  }

  #empty(key: string) {
    return { key, count: 0, sum: 0 }
  }
}
