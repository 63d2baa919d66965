import type { RawRecord } from '../raw-record.ts'
import type { Row } from '../row.ts'
import type { WindowStates } from './window-states.ts'
import type { Windower } from './windower.ts'

/** Brings time and windows together: the windows of one task, and the stream time up to which they have been closed. */
export class WindowedFold<V> {
  readonly #states: WindowStates<unknown>
  readonly #make: () => Windower<V>
  readonly #late: (row: Row<V>, streamTime: number, refused: readonly number[]) => void
  #windower: Windower<V> | undefined

  /** `make` is called at the first row, when `states` have been restored. */
  constructor(
    states: WindowStates<unknown>,
    make: () => Windower<V>,
    late: (row: Row<V>, streamTime: number, refused: readonly number[]) => void,
  ) {
    this.#states = states
    this.#make = make
    this.#late = late
  }

  /** After a crash a clock in memory may be behind: what has been closed stays closed. */
  advance(streamTime: number, origin: RawRecord): void {
    if (streamTime <= this.#states.streamTime) return
    this.#windows.close(streamTime, origin)
    this.#states.streamTime = streamTime
  }

  /** `carried`: by what the row is late, or is not, if its window has not been closed before. */
  take(row: Row<V>, carried: number): void {
    const streamTime = Math.max(this.#states.streamTime, carried)
    const refused = this.#windows.take(row, streamTime)
    if (refused.length > 0) this.#late(row, streamTime, refused)
  }

  get #windows(): Windower<V> {
    return (this.#windower ??= this.#make())
  }
}
