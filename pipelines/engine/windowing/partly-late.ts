import type { WindowState, WindowStates } from './window-states.ts'

/**
 * Rows that came too late for some of their windows while these were open yet, as others are waited for: kept by window, for the
 * slice that windows share would bring them into all.
 *
 *     windows      |--- closes by what the row carries, and is not to have it, yet open for rows of slower tasks
 *                        |--- has it: by itself, and with its slices when it is asked for
 */
export class PartlyLate<State> {
  readonly #states: WindowStates<State>
  readonly #keys = new Map<number, Set<string>>()

  constructor(states: WindowStates<unknown>) {
    this.#states = states.under('partly-late ') as WindowStates<State>
    for (const { key, start } of this.#states.entries()) this.#index(key, start)
  }

  /** Starts of the windows that have such rows. */
  get starts(): Iterable<number> {
    return this.#keys.keys()
  }

  /** Of what is kept for the window that begins at `start`. */
  keysIn(start: number): Iterable<string> {
    return this.#keys.get(start) ?? []
  }

  find(key: string, start: number): WindowState<State> | undefined {
    return this.#keys.get(start)?.has(key) === true ? this.#states.get(key, start) : undefined
  }

  put(key: string, start: number, state: WindowState<State>): void {
    this.#states.put(key, start, state)
    this.#index(key, start)
  }

  forget(start: number): void {
    for (const key of this.keysIn(start)) this.#states.delete(key, start)
    this.#keys.delete(start)
  }

  #index(key: string, start: number): void {
    const keys = this.#keys.get(start)
    if (keys === undefined) this.#keys.set(start, new Set([key]))
    else keys.add(key)
  }
}
