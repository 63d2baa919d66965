import { rulesOfPlace } from '../../../gateway/live/channels/namespaces.ts'
import type { Position } from '../../../gateway/live/protocol/position.ts'
import type { Seen, Step } from './witness.ts'

/** Why a client may be told that it has not recovered. */
export type Reason = 'trimmed' | 'tail lost' | 'begun anew'

interface Epoch {
  /** How often Redis had been restarted when it began. */
  life: number
  serials: Map<number, number>
  /** Where Redis stood in it when it came back with the least. */
  survived: number
}

/** The log of publishes, by places of channels: where publishers were told that each is, and what became of it when Redis was restarted. */
export class Ledger {
  readonly #channels = new Map<string, Map<string, Epoch>>()
  readonly #unsure = new Map<string, Set<number>>()
  readonly #reused: string[] = []
  #life = 0

  /** A publisher was answered. */
  published(channel: string, { epoch, offset }: Position, serial: number): void {
    const { serials } = this.#epoch(channel, epoch, this.#life)
    const before = serials.get(offset)
    if (before !== undefined && before !== serial)
      this.#reused.push(`${channel}: ${serial} at ${epoch} ${offset}, where ${before} had been`)
    serials.set(offset, serial)
  }

  /** A publisher had no answer: it may be published, or not. */
  unsure(channel: string, serial: number): void {
    this.#unsure.set(channel, (this.#unsure.get(channel) ?? new Set()).add(serial))
  }

  /** A publisher has found an epoch, or begun one. */
  found(channel: string, { epoch }: Position): void {
    this.#epoch(channel, epoch, this.#life)
  }

  /** Redis is down; what was answered till now was answered before. */
  redisFell(): void {
    this.#life++
  }

  /** Redis is back, and a channel stands here, before anything else is published. Answers how many messages are lost. */
  survived(channel: string, { epoch, offset }: Position): number {
    const there = this.#epoch(channel, epoch, this.#life - 1)
    // An epoch that had begun since the restart before, and is not there, is lost with its beginning.
    const begun = [...this.#channels.get(channel)!.values()].filter(({ life }) => life === this.#life - 1)
    let lost = 0
    for (const known of new Set([there, ...begun])) {
      const upTo = known === there ? offset : 0
      known.survived = Math.min(known.survived, upTo)
      lost += [...known.serials.keys()].filter((each) => each > upTo).length
    }
    return lost
  }

  /** How many publishers were told of. */
  get size(): number {
    return [...this.#epochs()].reduce((sum, { serials }) => sum + serials.size, 0)
  }

  /** Why a client was told that it has not recovered; undefined if there is no reason. */
  reasonFor({ channel, from, to }: Step): Reason | undefined {
    const before = this.#channels.get(channel)?.get(from.epoch)
    const after = this.#channels.get(channel)?.get(to.epoch)
    if (before === undefined || after === undefined) return undefined
    if (before !== after) return after.life > before.life ? 'begun anew' : undefined
    if (before.survived < from.offset) return 'tail lost'
    return to.offset - from.offset > rulesOfPlace(channel)!.history.size ? 'trimmed' : undefined
  }

  /** Whether Redis has lost what was at a position, or fell before a publisher was told of its epoch. */
  hasLost(channel: string, { epoch, offset }: Position): boolean {
    const known = this.#channels.get(channel)?.get(epoch)
    return known === undefined || known.survived < offset
  }

  /** Epochs that ended without a restart of Redis, positions that two messages had, messages at two positions, and what clients saw that is not what was published. */
  differences(seen: Iterable<Seen>): string[] {
    const tooMany = [...this.#channels].flatMap(([channel, epochs]) => {
      const lives = [...epochs.values()].map(({ life }) => life)
      return new Set(lives).size === lives.length ? [] : [`${channel}: two epochs without a restart of Redis`]
    })
    return [...tooMany, ...this.#reused, ...this.#contradictions(seen), ...this.#doubled()]
  }

  /** What was seen of what publishers had no answer for is in the log from now on. */
  #contradictions(seen: Iterable<Seen>): string[] {
    const found: string[] = []
    for (const [channel, epoch, offset, serial] of seen) {
      const { serials } = this.#epoch(channel, epoch, this.#life)
      const published = serials.get(offset)
      const where = `${channel}: ${serial} at ${epoch} ${offset}`
      if (published === undefined && this.#unsure.get(channel)?.has(serial) !== true)
        found.push(`${where}, which nobody was told of`)
      else if (published !== undefined && published !== serial)
        found.push(`${where}, where ${published} was published`)
      serials.set(offset, published ?? serial)
    }
    return found
  }

  #doubled(): string[] {
    return [...this.#epochs()].flatMap(({ channel, epoch, serials }) => {
      const offsets = Map.groupBy(serials.keys(), (offset) => serials.get(offset)!)
      return [...offsets]
        .filter(([, its]) => its.length > 1)
        .map(([serial, its]) => `${channel}: ${serial} at ${epoch} ${its.join(' and ')}`)
    })
  }

  *#epochs(): Iterable<Epoch & { channel: string; epoch: string }> {
    for (const [channel, epochs] of this.#channels)
      for (const [epoch, known] of epochs) yield { channel, epoch, ...known }
  }

  /** @param life in which it began, if it is not known yet */
  #epoch(channel: string, epoch: string, life: number): Epoch {
    const epochs = this.#channels.get(channel) ?? new Map<string, Epoch>()
    const known = epochs.get(epoch) ?? { life, serials: new Map(), survived: Infinity }
    this.#channels.set(channel, epochs.set(epoch, known))
    return known
  }
}
