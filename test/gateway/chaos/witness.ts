import type { Position } from '../../../gateway/live/channels/position.ts'

/** A client's place in a channel, and where it found itself next: whether that may be, the log of publishes says. */
export interface Step {
  channel: string
  from: Position
  to: Position
  /** Who was the first to make it, and how many did. */
  client: string
  times: number
}

/** A position, and the number of what was published there. */
export type Seen = [channel: string, epoch: string, offset: number, serial: number]

/** What clients of one process saw. */
export interface Testimony {
  messages: number
  reconnects: number
  recovered: number
  notRecovered: Step[]
  /** In channels of the latest value: an older one after a newer one. */
  wentBack: Step[]
  seen: Seen[]
  longestSilence: { ms: number; client: string }
  differences: number
  first: string[]
}

export interface Subscribed {
  streamPosition?: Position
  wasRecovering: boolean
  recovered: boolean
}

const FIRST = 20

/** Looks on at what all clients of a process are told, in the order in which they are told it. */
export class Witness {
  readonly #now: () => number
  readonly #seen = new Map<string, Map<string, Map<number, number>>>()
  readonly #notRecovered = new Map<string, Step>()
  readonly #wentBack = new Map<string, Step>()
  readonly #first: string[] = []
  readonly #lastAt = new Map<string, number>()
  #differences = 0
  #longest = { ms: 0, client: '' }
  messages = 0
  reconnects = 0
  recovered = 0

  /** @param now milliseconds, never going back */
  constructor(now: () => number) {
    this.#now = now
  }

  get testimony(): Testimony {
    for (const client of this.#lastAt.keys()) this.#silence(client)
    return {
      ...{ messages: this.messages, reconnects: this.reconnects, recovered: this.recovered },
      notRecovered: [...this.#notRecovered.values()],
      wentBack: [...this.#wentBack.values()],
      seen: [...this.#everythingSeen()],
      longestSilence: this.#longest,
      ...{ differences: this.#differences, first: this.#first },
    }
  }

  heard(client: string): void {
    this.messages++
    this.#silence(client)
    this.#lastAt.set(client, this.#now())
  }

  differs(client: string, channel: string, what: string): void {
    this.#differences++
    if (this.#first.length < FIRST) this.#first.push(`${client}, ${channel}: ${what}`)
  }

  notRecovered(step: Omit<Step, 'times'>): void {
    count(this.#notRecovered, step)
  }

  wentBack(step: Omit<Step, 'times'>): void {
    count(this.#wentBack, step)
  }

  /** All clients must see the same at a position. */
  saw(client: string, channel: string, { epoch, offset }: Position, serial: number): void {
    const epochs = this.#seen.get(channel) ?? new Map<string, Map<number, number>>()
    const serials = epochs.get(epoch) ?? new Map<number, number>()
    this.#seen.set(channel, epochs.set(epoch, serials))
    const before = serials.get(offset)
    if (before === undefined) serials.set(offset, serial)
    else if (before !== serial)
      this.differs(client, channel, `has ${serial} at ${epoch} ${offset}, where others have ${before}`)
  }

  #silence(client: string): void {
    const ms = this.#now() - (this.#lastAt.get(client) ?? this.#now())
    if (ms > this.#longest.ms) this.#longest = { ms, client }
  }

  *#everythingSeen(): Iterable<Seen> {
    for (const [channel, epochs] of this.#seen)
      for (const [epoch, serials] of epochs)
        for (const [offset, serial] of serials) yield [channel, epoch, offset, serial]
  }
}

function count(steps: Map<string, Step>, step: Omit<Step, 'times'>): void {
  const { channel, from, to } = step
  const key = JSON.stringify([channel, from.epoch, from.offset, to.epoch, to.offset])
  const known = steps.get(key)
  if (known) known.times++
  else steps.set(key, { ...step, times: 1 })
}
