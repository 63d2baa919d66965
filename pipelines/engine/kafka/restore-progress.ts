import type { Logger } from 'pino'

/** How far the restoration of a store has got. */
export interface RestoreProgress {
  topology: string
  partition: number
  store: string
  /** Records of its snapshot, and offsets of its changelog, that have been read. */
  restored: number
  /** How many there are. */
  of: number
}

/** A restoration that takes longer is told of in the log, so often, ms. */
const TELL_EVERY_MS = 3_000
/** One that has not got on for so long is held up, ms: three times what a transaction of a topology may take. */
const HELD_UP_MS = 30_000

/** Follows the restoration of some stores of a topology, and tells of it. */
export class RestoreWatch {
  readonly #topology: string
  readonly #onProgress: (progress: RestoreProgress) => void
  readonly #log: Logger
  readonly #stores = new Map<string, RestoreProgress>()
  #toldAt = performance.now()
  #gotOn = true

  constructor(topology: string, onProgress: (progress: RestoreProgress) => void, log: Logger) {
    this.#topology = topology
    this.#onProgress = onProgress
    this.#log = log
  }

  /** Tells in the log if nothing gets on any more, until the returned function is called. */
  tellHoldUps(): () => void {
    const timer = setInterval(() => {
      if (!this.#gotOn) this.#tellHeldUp()
      this.#gotOn = false
    }, HELD_UP_MS)
    return () => {
      clearInterval(timer)
    }
  }

  begin(store: string, partition: number, of: number): void {
    const progress = { topology: this.#topology, partition, store, restored: 0, of }
    this.#stores.set(`${store}:${partition}`, progress)
    this.#onProgress({ ...progress })
  }

  /** `records` more have been restored. */
  restored(store: string, partition: number, records: number): void {
    const progress = this.#stores.get(`${store}:${partition}`)
    if (progress === undefined) return
    this.#gotOn = true
    // What is written while it is read comes on top.
    progress.restored = Math.min(progress.of, progress.restored + records)
    this.#onProgress({ ...progress })
    if (performance.now() - this.#toldAt >= TELL_EVERY_MS) this.#tell()
  }

  #tell(): void {
    this.#toldAt = performance.now()
    const of = this.#stores.values().reduce((sum, each) => sum + each.of, 0)
    const restored = this.#stores.values().reduce((sum, each) => sum + each.restored, 0)
    const share = `${Math.floor((100 * restored) / of)} % of ${of.toLocaleString('en')} records`
    this.#log.info({ topology: this.#topology, restored, of }, `restoring ${this.#topology}: ${share}`)
  }

  /** Committed records alone are read: a transaction that nobody ends holds up all that comes after it. */
  #tellHeldUp(): void {
    const heldUp = [...this.#stores.values()].filter(({ restored, of }) => restored < of)
    const names = heldUp.map(({ store, partition }) => `${store}:${partition}`).join(', ')
    this.#log.warn(
      { topology: this.#topology, stores: heldUp },
      `restoring ${this.#topology} is held up: nothing more of ${names} can be read. If brokers answer, a transaction in these changelogs has lost ` +
        'its end: look for it with `kafka-transactions.sh find-hanging`',
    )
  }
}
