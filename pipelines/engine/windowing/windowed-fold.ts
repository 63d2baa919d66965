import type { RawRecord } from '../raw-record.ts'
import type { Row } from '../row.ts'
import type { WindowStore } from './window-store.ts'
import type { Windower } from './windower.ts'

type WindowClock = Pick<WindowStore<unknown>, 'streamTime' | 'generation'>

/** Brings time and windows together: the windows of one task, and the stream time up to which they have been closed. */
export class WindowedFold<V> {
  readonly #store: WindowClock
  readonly #make: () => Windower<V>
  readonly #late: (row: Row<V>, streamTime: number, refused: readonly number[]) => void
  #windower: Windower<V> | undefined
  #generation: number | undefined

  /** `make` is called at the first row, when the store has been restored, and whenever its windows have left memory. */
  constructor(
    store: WindowClock,
    make: () => Windower<V>,
    late: (row: Row<V>, streamTime: number, refused: readonly number[]) => void,
  ) {
    this.#store = store
    this.#make = make
    this.#late = late
  }

  /** After a crash a clock in memory may be behind: what has been closed stays closed. */
  advance(streamTime: number, origin: RawRecord): void {
    if (streamTime <= this.#store.streamTime) return
    this.#windows.close(streamTime, origin)
    this.#store.streamTime = streamTime
  }

  /** `carried`: by what the row is late, or is not, if its window has not been closed before. */
  take(row: Row<V>, carried: number): void {
    const streamTime = Math.max(this.#store.streamTime, carried)
    const refused = this.#windows.take(row, streamTime)
    if (refused.length > 0) this.#late(row, streamTime, refused)
  }

  get #windows(): Windower<V> {
    if (this.#windower === undefined || this.#generation !== this.#store.generation) {
      this.#windower = this.#make()
      this.#generation = this.#store.generation
    }
    return this.#windower
  }
}
