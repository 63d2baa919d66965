import { TopologyError, otherVersion } from '../errors.ts'
import { type Store, type StoreCodec, writeState } from '../store.ts'
import type { Windows } from '../windows.ts'

/** State of a window, or of a slice of one. */
export interface WindowState<State> {
  /** The largest timestamp of its rows. */
  readonly time: number
  readonly state: State
}

/** What the store has: states, and under {@link STREAM_TIME} and {@link cutOf} a time alone. */
export type Stored<State> = WindowState<State> | { readonly time: number; readonly state?: undefined }

/** Ids of windows have a colon, these have none. */
const STREAM_TIME = 'stream-time'
const CUT = 'cut into '

/** What the starts of windows alone do not tell: `cut into tumbling windows, sizeMs 60000, advanceMs 60000, graceMs 0`. */
function cutOf(windows: Windows): string {
  const lengths = Object.entries(windows).flatMap(([name, ms]: [string, unknown]) =>
    typeof ms === 'number' ? [`${name} ${ms}`] : [],
  )
  return `${CUT}${[`${windows.kind} windows`, ...lengths].join(', ')}`
}

/** First byte of what is stored. Avro begins no record of ours with an odd one, so what another version wrote is told apart. */
const TIME_ALONE = 0x01
const STATE = 0x03
const HEAD_BYTES = 9

/** A tag, the largest timestamp as 8 bytes, and the state as the fold writes it. */
export function windowStateCodec<State>(codec: StoreCodec<State>): StoreCodec<Stored<State>> {
  return {
    encode({ time, state }) {
      const head = Buffer.allocUnsafe(HEAD_BYTES)
      head.writeUInt8(state === undefined ? TIME_ALONE : STATE)
      head.writeBigInt64BE(BigInt(time), 1)
      return state === undefined ? head : Buffer.concat([head, codec.encode(state)])
    },
    write({ time, state }, out) {
      out.byte(state === undefined ? TIME_ALONE : STATE)
      out.int64(time)
      if (state !== undefined) writeState(codec, state, out)
    },
    decode(bytes) {
      const tag = bytes[0]
      if (bytes.length < HEAD_BYTES || (tag !== STATE && tag !== TIME_ALONE))
        throw otherVersion('a changelog of windows')
      const time = Number(bytes.readBigInt64BE(1))
      return tag === TIME_ALONE ? { time } : { time, state: codec.decode(bytes.subarray(HEAD_BYTES)) }
    },
  }
}

/** The states of one task's windows by key and start, and the stream time up to which windows have been closed. */
export class WindowStates<State> {
  readonly #store: Store<Stored<State>>
  readonly #prefix: string
  /** Kept here once it has been asked for: every row asks. */
  #streamTime: number | undefined
  /** The id that was made last: a row looks its window up, and then puts it. */
  #last = { key: '', start: NaN, id: '' }

  /** States under another prefix are others. */
  constructor(store: Store<Stored<State>>, prefix = '') {
    this.#store = store
    this.#prefix = prefix
  }

  /** Others in the same store. */
  under(prefix: string): WindowStates<State> {
    return new WindowStates(this.#store, prefix)
  }

  /** It survives with the windows, so that what has been closed stays closed, whoever goes by which clock. */
  get streamTime(): number {
    return (this.#streamTime ??= this.#store.get(STREAM_TIME)?.time ?? -Infinity)
  }

  set streamTime(time: number) {
    this.#streamTime = time
    this.#store.put(STREAM_TIME, { time })
  }

  /** Remembers how time is cut. */
  rememberCut(windows: Windows): void {
    const cut = cutOf(windows)
    if (this.#store.get(cut) === undefined) this.#store.put(cut, { time: 0 })
  }

  /**
   * @throws TopologyError where time was cut in another way before: what was open would be taken for other windows, and what had not
   * closed, for closed.
   */
  requireSame(name: string, windows: Windows): void {
    const cut = cutOf(windows)
    if (this.#store.get(cut) !== undefined) return
    const before = [...this.#store.entries()].find(([id]) => id.startsWith(CUT))?.[0]
    if (before !== undefined)
      throw new TopologyError(
        `${name} finds state that was ${before}, and is to be ${cut}: set it back, or begin anew: by \`continuo reset\`, or by ` +
          'giving the topology another name',
      )
  }

  /** How many there are: of windows cut in this way, or of their slices. */
  count(windows: Windows): number {
    const besides = [STREAM_TIME, cutOf(windows)].filter((id) => this.#store.get(id) !== undefined)
    return this.#store.size - besides.length
  }

  find(key: string, start: number): WindowState<State> | undefined {
    return this.#store.get(this.#id(key, start)) as WindowState<State> | undefined
  }

  /** @throws where an index has a window of which there is no state. */
  get(key: string, start: number): WindowState<State> {
    const found = this.find(key, start)
    if (found?.state === undefined) throw new Error(`window state at ${start} is gone`)
    return found
  }

  put(key: string, start: number, state: WindowState<State>): void {
    this.#store.put(this.#id(key, start), state)
  }

  delete(key: string, start: number): void {
    this.#store.delete(this.#id(key, start))
  }

  *entries(): Generator<{ key: string; start: number; time: number }> {
    for (const [id, { time }] of this.#store.entries()) {
      const colon = id.indexOf(':')
      if (colon < 0 || !id.startsWith(this.#prefix)) continue
      const start = Number(id.slice(this.#prefix.length, colon))
      if (!Number.isNaN(start)) yield { key: id.slice(colon + 1), start, time }
    }
  }

  #id(key: string, start: number): string {
    const last = this.#last
    if (last.start === start && last.key === key) return last.id
    last.key = key
    last.start = start
    return (last.id = `${this.#prefix}${start}:${key}`)
  }
}
