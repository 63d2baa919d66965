import type { OperatorClock, TimeSemantics } from '../clock.ts'
import type { RawRecord } from '../raw-record.ts'
import type { Row } from '../row.ts'
import type { JoinTimes, RememberedRows } from './remembered-rows.ts'

export type JoinKind = 'inner' | 'left' | 'outer'
export type Side = 'left' | 'right'

/** Rows that belong together: one of each side, or one alone. */
export interface Pair {
  key: string
  time: number
  origin: RawRecord
  left: unknown
  right: unknown
}

export interface StreamJoinOptions {
  kind: JoinKind
  /** How far the times of partners may be apart, ms. */
  within: number
  /** How much longer a row without a partner waits, ms. */
  grace: number
  timeSemantics: TimeSemantics
  joined: (pair: Pair) => void
  late: (side: Side, row: Row<unknown>, lateness: { streamTime: number; lateByMs: number }) => void
}

export type Sides<T> = Record<Side, T>

/** No row is forgotten before the moment from which on it does not wait, were `within` 0. */
export function joinTimes({ within, grace }: { within: number; grace: number }): JoinTimes {
  const waitMs = within + grace
  return { waitMs, retentionMs: waitMs + Math.max(within, 1) }
}

const opposite = { left: 'right', right: 'left' } as const
const waitingSides: Record<JoinKind, readonly Side[]> = {
  inner: [],
  left: ['left'],
  outer: ['left', 'right'],
}

/**
 * Joins the rows of two streams in one task. A row is remembered for `within` longer than it may itself wait for a partner, so
 * that whoever comes in time finds its partners of before:
 *
 *     stream time   t ─────────────── t + within + grace ────── t + 2 within + grace
 *                   │ a row of time t   │ comes out alone, if     │ is forgotten; who comes
 *                   │ is joined         │ it has no partner       │ with time t now is late
 */
export class StreamJoin {
  readonly #options: StreamJoinOptions
  readonly #sides: Sides<RememberedRows<unknown>>
  readonly #times: JoinTimes
  /** The highest time of each side: `kafka-streams` forgets by it. */
  readonly #highest: Sides<number> = { left: -Infinity, right: -Infinity }

  /** `sides`: as they have been restored when the first row comes. */
  constructor(options: StreamJoinOptions, sides: Sides<RememberedRows<unknown>>) {
    this.#options = options
    this.#sides = sides
    this.#times = joinTimes(options)
  }

  /** Has rows come out alone that no partner can join any more: by time, right before left, by key. */
  advance(streamTime: number, origin: RawRecord): void {
    const sides = this.#sides
    sides.left.loadDue(streamTime)
    sides.right.loadDue(streamTime)
    for (;;) {
      const [left, right] = [sides.left.firstWaiting, sides.right.firstWaiting]
      const side = right !== undefined && !(left !== undefined && left.time < right.time) ? 'right' : 'left'
      const row = side === 'left' ? left : right
      if (row === undefined || !this.#waitIsOver(row.time, streamTime)) return
      sides[side].forget(row)
      this.#alone(side, row, origin)
    }
  }

  take(side: Side, row: Row<unknown>, clock: OperatorClock): void {
    clock.observe(row)
    this.#highest[side] = Math.max(this.#highest[side], row.time)
    const streamTime = this.#lateTimeOf(side, clock)
    const lateByMs = streamTime - (row.time + this.#times.retentionMs)
    const isLate = lateByMs >= 0

    const found = this.#join(side, row, clock)
    const waits = !found && waitingSides[this.#options.kind].includes(side)
    const isAlone = waits && (isLate || this.#waitIsOver(row.time, clock.time))
    if (isAlone) this.#alone(side, row, row.origin)
    if (isLate) this.#options.late(side, row, { streamTime, lateByMs })
    else if (!isAlone) this.#sides[side].remember(row, waits)

    for (const each of ['left', 'right'] as const) this.#sides[each].forgetUntil(this.#horizon(each, clock))
  }

  /** Says whether there was a partner. */
  #join(side: Side, { key, time, value, origin }: Row<unknown>, clock: OperatorClock): boolean {
    const { within, joined } = this.#options
    const others = this.#sides[opposite[side]]
    const from = Math.max(time - within, this.#horizon(opposite[side], clock) + 1)
    const partners = others.find(key, from, time + within)
    for (const partner of partners) {
      others.pair(partner)
      const [left, right] = side === 'left' ? [value, partner.value] : [partner.value, value]
      joined({ key, time: Math.max(time, partner.time), origin, left, right })
    }
    return partners.length > 0
  }

  #alone(
    side: Side,
    { key, time, value }: Pick<Row<unknown>, 'key' | 'time' | 'value'>,
    origin: RawRecord,
  ): void {
    const [left, right] = side === 'left' ? [value, null] : [null, value]
    this.#options.joined({ key, time, origin, left, right })
  }

  #waitIsOver(time: number, streamTime: number): boolean {
    return streamTime > time + this.#times.waitMs
  }

  /** The last time that is forgotten. */
  #horizon(side: Side, clock: OperatorClock): number {
    return this.#timeOf(side, clock) - this.#times.retentionMs
  }

  #lateTimeOf(side: Side, clock: OperatorClock): number {
    const streamTime = this.#timeOf(side, clock)
    return this.#options.timeSemantics === 'task' ? Math.max(streamTime, clock.carried) : streamTime
  }

  #timeOf(side: Side, clock: OperatorClock): number {
    return this.#options.timeSemantics === 'task' ? clock.time : this.#highest[side]
  }
}
