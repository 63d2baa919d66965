import { type Answers, noAnswers } from '../answers.ts'
import type { Case, CaseRow, Side, StreamJoin } from '../cases.ts'
import type { Edges } from './edges.ts'

/** A row that partners may still find. */
interface Remembered extends CaseRow {
  readonly order: number
}

const opposite = { l: 'r', r: 'l' } as const

/** A join of two streams from lists of all rows, without an index. */
export function streamJoinModel({ operator, rows }: Case<StreamJoin>, edges: Edges): Answers {
  const model = new StreamJoinModel(operator, edges)
  for (const [seq, row] of rows.entries()) model.take(seq, row)
  return model.answers
}

class StreamJoinModel {
  readonly answers = noAnswers()
  readonly #within: number
  readonly #grace: number
  readonly #edges: Edges
  readonly #waitingSides: string
  #remembered: Remembered[] = []
  #waiting: Remembered[] = []
  readonly #highest = { l: -Infinity, r: -Infinity }
  /** No row waits that is due before this one would be; Kafka Streams moves it too far. */
  #lastSeen = Infinity

  constructor({ kind, within, grace }: StreamJoin, edges: Edges) {
    this.#within = within
    this.#grace = grace
    this.#edges = edges
    this.#waitingSides = { 'join-inner': '', 'join-left': 'l', 'join-outer': 'lr' }[kind]
  }

  take(seq: number, row: CaseRow): void {
    const { side, time } = row
    const remembered = { ...row, order: seq }
    this.#highest[side] = Math.max(this.#highest[side], time)
    const isLate = time <= this.#forgottenUntil(side)
    if (isLate) this.answers.dropped.push(`${seq} 1`)
    if (time === this.#streamTime) this.#emitAlone(seq)

    const partners = this.#partnersOf(row)
    for (const partner of partners) this.#emitPair(seq, row, partner)
    const isAlone = partners.length === 0 && this.#waitingSides.includes(side)
    const atOnce = isAlone && this.#isAloneAtOnce(time)
    if (atOnce) this.#emit(seq, row, undefined)
    if (isAlone && !atOnce) this.#wait(remembered)
    if (!isLate && !(atOnce && !this.#edges.has('alone-then-joined'))) this.#remembered.push(remembered)
  }

  get #streamTime(): number {
    return Math.max(this.#highest.l, this.#highest.r)
  }

  #isAloneAtOnce(time: number): boolean {
    const waits = this.#within + (this.#edges.has('alone-at-once') ? 0 : this.#grace)
    return time + waits < this.#streamTime
  }

  /** Each side is forgotten by its own time. */
  #forgottenUntil(side: Side): number {
    const longer = this.#edges.has('within-0') ? this.#within : Math.max(this.#within, 1)
    return this.#highest[side] - this.#within - this.#grace - longer
  }

  #partnersOf({ side, key, time }: CaseRow): Remembered[] {
    const other = opposite[side]
    return this.#remembered
      .filter((each) => each.side === other && each.key === key && Math.abs(each.time - time) <= this.#within)
      .filter((each) => each.time > this.#forgottenUntil(other))
      .sort((a, b) => a.time - b.time || a.order - b.order)
  }

  #emitPair(seq: number, row: CaseRow, partner: Remembered): void {
    this.#waiting = this.#waiting.filter((each) => each !== partner)
    this.#emit(seq, row, partner)
  }

  #wait(row: Remembered): void {
    this.#waiting.push(row)
    this.#lastSeen = Math.min(this.#lastSeen, row.time)
  }

  /** Rows without a partner that no longer wait: by time, the right ones first, by key. */
  #emitAlone(seq: number): void {
    const isDue = (time: number) => time + this.#within + this.#grace < this.#streamTime
    if (this.#edges.has('alone-delayed') && !isDue(this.#lastSeen)) return
    const waiting = this.#waiting.toSorted(inOrderOfEmission)
    const due = waiting.filter(({ time }) => isDue(time))
    for (const row of due) {
      this.#emit(seq, row, undefined)
      if (!this.#edges.has('alone-then-joined'))
        this.#remembered = this.#remembered.filter((each) => each !== row)
    }
    this.#waiting = this.#waiting.filter((each) => !due.includes(each))
    this.#lastSeen = lastSeenIn(waiting, isDue)
  }

  #emit(seq: number, row: CaseRow, partner: CaseRow | undefined): void {
    const time = Math.max(row.time, partner?.time ?? row.time)
    const [left, right] = row.side === 'l' ? [row, partner] : [partner, row]
    this.answers.pair.push(`${seq} ${row.key} ${left?.value ?? '-'} ${right?.value ?? '-'} ${time}`)
  }
}

function inOrderOfEmission(a: Remembered, b: Remembered): number {
  if (a.time !== b.time) return a.time - b.time
  if (a.side !== b.side) return a.side === 'r' ? -1 : 1
  return Buffer.from(a.key).compare(Buffer.from(b.key)) || a.order - b.order
}

/** The row at which a search ends: one behind the first of each side that is not due, else the last of all. */
function lastSeenIn(waiting: readonly Remembered[], isDue: (time: number) => boolean): number {
  const open = new Set<Side>()
  let lastSeen = Infinity
  for (const { side, time } of waiting) {
    lastSeen = time
    if (open.size === 2) return lastSeen
    if (!isDue(time)) open.add(side)
  }
  return lastSeen
}
