import { topics } from '../../schemas/topics.ts'
import { EVENT_ID_CHARACTERS } from './ids.ts'
import { KnownPlays } from './known-plays.ts'
import { type PartitionReader, partitionOf } from './partition-reader.ts'

/** The key of a ledger entry: whose plays, by pseudonym, and which, their event ids one behind the other. */
export const ledgerKey = (listener: string, eventIds: readonly string[]): string =>
  `${listener}:${eventIds.join('')}`

/** What has ever been imported for some listeners. It is read once for all of them, and on from there for each. */
export class Ledger {
  readonly #reader: PartitionReader
  readonly #topic: string
  readonly #known: Map<string, KnownPlays>
  /** The first offset not read yet, by partition. */
  readonly #next = new Map<string, bigint>()

  constructor(reader: PartitionReader, topicPrefix: string, listeners: readonly string[]) {
    this.#reader = reader
    this.#topic = `${topicPrefix}${topics.importedPlays.name}`
    this.#known = new Map(listeners.map((listener) => [listener, new KnownPlays()]))
  }

  /**
   * Everything that has been imported for this listener; asked for once. Call it when the listener's transactional id is fenced: what an
   * earlier import had begun is then either in the ledger or will never be.
   */
  async take(listener: string): Promise<KnownPlays> {
    await this.#readOn()
    const known = this.#known.get(listener)!
    this.#known.delete(listener)
    return known
  }

  async #readOn(): Promise<void> {
    const ends = await this.#reader.ends([this.#topic])
    const ranges = [...ends].map(([key, { low, high }]) => ({
      ...partitionOf(key),
      from: this.#next.get(key) ?? low,
      until: high,
    }))
    await this.#reader.read(ranges, ({ topic, partition }, records, next) => {
      for (const { key } of records) if (key !== null) this.#learn(key)
      this.#next.set(`${topic}:${partition}`, next)
    })
  }

  #learn(key: Buffer): void {
    const colon = key.indexOf(':')
    const known = this.#known.get(key.toString('latin1', 0, colon))
    for (let at = colon + 1; at < key.length && known !== undefined; at += EVENT_ID_CHARACTERS)
      known.add(key.toString('latin1', at, at + EVENT_ID_CHARACTERS))
  }
}
