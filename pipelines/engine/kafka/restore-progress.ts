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

/** A store of a task, with the topic of its changelog. */
interface WatchedStore extends RestoreProgress {
  topic: string
}

/** Follows the restoration of some stores of a topology, and tells of it. */
export class RestoreWatch {
  readonly #topology: string
  readonly #onProgress: (progress: RestoreProgress) => void
  readonly #log: Logger
  readonly #stores = new Map<string, WatchedStore>()
  #toldAt = performance.now()
  #holdUps: NodeJS.Timeout | undefined

  constructor(topology: string, onProgress: (progress: RestoreProgress) => void, log: Logger) {
    this.#topology = topology
    this.#onProgress = onProgress
    this.#log = log
  }

  /** Tells in the log whenever nothing has got on for a while, until the returned function is called. */
  tellHoldUps(): () => void {
    clearInterval(this.#holdUps)
    this.#holdUps = setInterval(() => {
      this.#tellHeldUp()
    }, HELD_UP_MS)
    return () => {
      clearInterval(this.#holdUps)
    }
  }

  begin({ store, partition, topic }: Pick<WatchedStore, 'store' | 'partition' | 'topic'>, of: number): void {
    const progress = { topology: this.#topology, partition, store, restored: 0, of }
    this.#stores.set(`${store}:${partition}`, { ...progress, topic })
    this.#onProgress(progress)
  }

  /** `records` more have been restored. */
  restored(store: string, partition: number, records: number): void {
    const progress = this.#stores.get(`${store}:${partition}`)
    if (progress === undefined) return
    if (this.#holdUps !== undefined) this.tellHoldUps()
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
    const [first] = [...this.#stores.values()].filter(({ restored, of }) => restored < of)
    if (first === undefined) return
    const { topic, partition, restored, of } = first
    this.#log.warn(
      { topology: this.#topology, topic, partition, restored, of },
      `restoring ${this.#topology} is held up: nothing more of ${topic}:${partition} can be read. If brokers answer, a transaction in it has lost its end: ` +
        `look for it with \`kafka-transactions.sh find-hanging --topic ${topic} --partition ${partition} --max-transaction-timeout 1\``,
    )
  }
}
