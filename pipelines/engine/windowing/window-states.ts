import { Changes, type Tracked } from '../changes.ts'

/** State of a window, or of a slice of one. */
export interface WindowState<State> {
  /** The largest timestamp of its rows. */
  readonly time: number
  readonly state: State
}

/** One that is kept. Whoever has found it changes it by {@link WindowStates.update}, without looking for it again. */
export class KeptWindow<State> implements WindowState<State>, Tracked {
  readonly key: string
  readonly start: number
  time: number
  state: State
  changed = false
  logged = false
  gone = false

  constructor(key: string, start: number, time: number, state: State) {
    this.key = key
    this.start = start
    this.time = time
    this.state = state
  }
}

const NONE: ReadonlyMap<string, never> = new Map<string, never>()

/** The states of one task's windows by start and key. Which of them have changed is kept for the changelog, each once. */
export class WindowStates<State> {
  readonly prefix: string
  readonly #byStart = new Map<number, Map<string, KeptWindow<State>>>()
  readonly #changes = new Changes<KeptWindow<State>>()
  #size = 0
  #head = { start: NaN, text: '' }
  /** Rows come in about the order of time: most go where the last one went. */
  #last: { start: number; windows: Map<string, KeptWindow<State>> | undefined } = {
    start: NaN,
    windows: undefined,
  }

  /** `prefix`: what tells their ids from those of other windows in the same changelog. */
  constructor(prefix: string) {
    this.prefix = prefix
  }

  /** How many there are; with a table, how many more than in it. */
  get size(): number {
    return this.#size
  }

  /** Under what the changelog has a window: `1767225600000:a`. */
  idOf({ start, key }: KeptWindow<State>): string {
    // Many in a row have the same start, and to make a text of it takes longer than all else.
    if (start !== this.#head.start) this.#head = { start, text: `${this.prefix}${start}:` }
    return this.#head.text + key
  }

  get starts(): Iterable<number> {
    return this.#byStart.keys()
  }

  /** All that begin at `start`, by key. */
  at(start: number): ReadonlyMap<string, KeptWindow<State>> {
    return this.#windowsAt(start) ?? NONE
  }

  find(key: string, start: number): KeptWindow<State> | undefined {
    return this.#windowsAt(start)?.get(key)
  }

  /** @throws where an index has a window of which there is no state. */
  get(key: string, start: number): KeptWindow<State> {
    const found = this.find(key, start)
    if (found === undefined) throw new Error(`window state at ${start} is gone`)
    return found
  }

  /** Keeps a window that is not there. */
  add(key: string, start: number, time: number, state: State): KeptWindow<State> {
    const window = this.#keep(key, start, time, state)
    this.#size += 1
    this.#changes.add(window)
    return window
  }

  /** Adds a row at `time` to a window, of which `state` is then the state. */
  update(window: KeptWindow<State>, time: number, state: State): void {
    if (time > window.time) window.time = time
    window.state = state
    this.#changes.add(window)
  }

  delete(window: KeptWindow<State>): void {
    const windows = this.#windowsAt(window.start)
    windows?.delete(window.key)
    if (windows?.size === 0) this.#drop(window.start)
    this.#leaves(window)
  }

  /** Deletes all that begin at `start`. */
  deleteAt(start: number): void {
    for (const window of this.at(start).values()) this.#leaves(window)
    this.#drop(start)
  }

  *[Symbol.iterator](): Generator<KeptWindow<State>, void> {
    for (const windows of this.#byStart.values())
      // Whoever goes through them slowly may be amid those of a start that is dropped.
      for (const window of windows.values()) if (!window.gone) yield window
  }

  /** What the changelog has to be told. */
  takeChanged(): KeptWindow<State>[] {
    return this.#changes.take()
  }

  /** Takes over one that the changelog has. */
  restore(key: string, start: number, time: number, state: State): void {
    this.load(key, start, time, state)
    this.#size += 1
  }

  /** The same of one that is in the table, and counted there. */
  load(key: string, start: number, time: number, state: State): KeptWindow<State> {
    const window = this.#keep(key, start, time, state)
    window.logged = true
    return window
  }

  /** All of them are in the table now, and counted there. */
  flushed(): void {
    this.#size = 0
  }

  /** Has none of them in memory any more. */
  evict(): void {
    this.#byStart.clear()
    this.#last = { start: NaN, windows: undefined }
  }

  #keep(key: string, start: number, time: number, state: State): KeptWindow<State> {
    let windows = this.#windowsAt(start)
    if (windows === undefined) {
      windows = new Map<string, KeptWindow<State>>()
      this.#byStart.set(start, windows)
      this.#last = { start, windows }
    }
    const window = new KeptWindow(key, start, time, state)
    windows.set(key, window)
    return window
  }

  #windowsAt(start: number): Map<string, KeptWindow<State>> | undefined {
    if (this.#last.start !== start) this.#last = { start, windows: this.#byStart.get(start) }
    return this.#last.windows
  }

  #drop(start: number): void {
    this.#byStart.delete(start)
    this.#last = { start: NaN, windows: undefined }
  }

  #leaves(window: KeptWindow<State>): void {
    window.gone = true
    this.#size -= 1
    this.#changes.add(window)
  }
}
