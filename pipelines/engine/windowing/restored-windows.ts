import { otherVersion } from '../errors.ts'
import type { Values } from '../pages.ts'
import type { StoreCodec } from '../store.ts'
import type { Stored } from './window-state-codec.ts'
import type { WindowStates } from './window-states.ts'

/**
 * Windows by the ids that they have in their changelog, while they are restored: their bytes lie where their states will, since a second
 * map of a million windows takes as long as to read them.
 */
export class RestoredWindows<State> implements Values {
  readonly #all: readonly WindowStates<unknown>[]
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
        const { time, state } = this.#codec.decode(Buffer.from(window.state as Buffer))
        if (state === undefined) throw otherVersion('a changelog of windows')
        window.time = time
        window.state = state
      }
    }
  }

  #placeOf(id: string) {
    const colon = id.indexOf(':')
    for (const windows of this.#all) {
      const { prefix } = windows
      const start = id.startsWith(prefix) ? Number(id.slice(prefix.length, colon)) : NaN
      if (!Number.isNaN(start)) return { windows, key: id.slice(colon + 1), start }
    }
    throw otherVersion('a changelog of windows')
  }
}
