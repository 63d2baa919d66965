import { otherVersion } from '../errors.ts'
import type { Values } from '../pages.ts'
import type { StoreCodec } from '../store-codec.ts'
import type { Stored } from './window-state-codec.ts'
import { placeIn } from './window-ids.ts'
import type { KeptWindow, WindowState, WindowStates } from './window-states.ts'

/**
 * Windows by the ids that they have in their changelog, while they are restored: their bytes lie where their states will, since a second
 * map of a million windows takes as long as to read them.
 */
export class RestoredWindows<State> implements Values {
  readonly #all: readonly WindowStates<State>[]
  readonly #codec: StoreCodec<Stored<State>>

  constructor(all: readonly WindowStates<State>[], codec: StoreCodec<Stored<State>>) {
    this.#all = all
    this.#codec = codec
  }

  get(id: string): Buffer | undefined {
    const { windows, key, start } = this.#placeOf(id)
    return windows.find(key, start)?.state as Buffer | undefined
  }

  set(id: string, bytes: Buffer): void {
    const { windows, key, start } = this.#placeOf(id)
    const found = windows.find(key, start)
    if (found === undefined) windows.restore(key, start, 0, bytes)
    else found.state = bytes
  }

  delete(id: string): void {
    const { windows, key, start } = this.#placeOf(id)
    const found = windows.find(key, start)
    if (found === undefined) return
    windows.delete(found)
    // It need not be deleted in the changelog again, and what it holds of a fetch is to go with it.
    windows.takeChanged()
  }

  /** Makes states of the bytes. @throws TopologyError for what another version has written. */
  decode(): void {
    for (const windows of this.#all) {
      for (const window of windows) {
        const { time, state } = this.#decode(Buffer.from(window.state as Buffer))
        window.time = time
        window.state = state
      }
    }
  }

  /** Makes a window of its bytes at once, where it is alone. @throws as {@link decode} */
  load(id: string, bytes: Buffer): KeptWindow<State> {
    const { windows, key, start } = this.#placeOf(id)
    const { time, state } = this.#decode(bytes)
    return (windows as WindowStates<State>).load(key, start, time, state)
  }

  #decode(bytes: Buffer): WindowState<State> {
    const { time, state } = this.#codec.decode(bytes)
    if (state === undefined) throw otherVersion('a changelog of windows')
    return { time, state }
  }

  #placeOf(id: string): { windows: WindowStates<unknown>; key: string; start: number } {
    const place = placeIn(id)
    const windows = this.#all.find(({ prefix }) => prefix === place?.prefix)
    if (place === undefined || windows === undefined || Number.isNaN(place.start))
      throw otherVersion('a changelog of windows')
    return { windows, ...place }
  }
}
