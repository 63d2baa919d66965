import type { Position } from '../../../gateway/live/protocol/position.ts'

/** A client, in a channel. */
export interface Who {
  client: string
  channel: string
}

/** A client's position in a channel, and where it found itself next: whether that may be, the log of publishes says. */
export interface Step extends Who {
  from: Position
  to: Position
}

/** The same of several clients, named by the first. */
export interface CountedStep extends Step {
  times: number
}

/** A position, and the number of what was published there. */
export type Seen = [channel: string, epoch: string, offset: number, serial: number]

/** How long a client had no message, and what became of its connection meanwhile. */
export interface Silence {
  ms: number
  client: string
  events: string[]
}

/** What clients of one process saw. */
export interface Testimony {
  messages: number
  reconnects: number
  recovered: number
  notRecovered: CountedStep[]
  /** In channels of the latest value: an older one after a newer one. */
  wentBack: Step[]
  seen: Seen[]
  longestSilence: Silence
  differences: number
  first: string[]
}

const FIRST = 20

/** Looks on at what all clients of a process are told, in the order in which they are told it. */
export class Witness {
  readonly #now: () => number
  /** By position: channel, epoch and offset. */
  readonly #seen = new Map<string, Seen>()
  readonly #notRecovered = new Map<string, CountedStep>()
  readonly #wentBack: Step[] = []
  readonly #first: string[] = []
  readonly #lastAt = new Map<string, number>()
  /** Since then. */
  readonly #events = new Map<string, string[]>()
  #differences = 0
  #longest: Silence = { ms: 0, client: '', events: [] }
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
      messages: this.messages,
      reconnects: this.reconnects,
      recovered: this.recovered,
      notRecovered: [...this.#notRecovered.values()],
      wentBack: this.#wentBack,
      seen: [...this.#seen.values()],
      longestSilence: this.#longest,
      differences: this.#differences,
      first: this.#first,
    }
  }

  heard(client: string): void {
    this.messages++
    this.#silence(client)
    this.#lastAt.set(client, this.#now())
    this.#events.delete(client)
  }

  /** Of a connection. */
  happened(client: string, event: string): void {
    const ms = this.#now() - (this.#lastAt.get(client) ?? this.#now())
    const events = this.#events.get(client) ?? []
    events.push(`${event} after ${seconds(ms)}`)
    this.#events.set(client, events)
  }

  differs({ client, channel }: Who, what: string): void {
    this.#differences++
    if (this.#first.length < FIRST) this.#first.push(`${client}, ${channel}: ${what}`)
  }

  notRecovered(step: Step): void {
    const { channel, from, to } = step
    const key = [channel, from.epoch, from.offset, to.epoch, to.offset].join(' ')
    const known = this.#notRecovered.get(key)
    if (known) known.times++
    else this.#notRecovered.set(key, { ...step, times: 1 })
  }

  wentBack(step: Step): void {
    this.#wentBack.push(step)
  }

  /** All clients must see the same at a position. */
  saw(who: Who, { epoch, offset }: Position, serial: number): void {
    const key = `${who.channel} ${epoch} ${offset}`
    const [, , , before] = this.#seen.get(key) ?? []
    if (before === undefined) this.#seen.set(key, [who.channel, epoch, offset, serial])
    else if (before !== serial)
      this.differs(who, `has ${serial} at ${epoch} ${offset}, where others have ${before}`)
  }

  #silence(client: string): void {
    const ms = this.#now() - (this.#lastAt.get(client) ?? this.#now())
    if (ms > this.#longest.ms) this.#longest = { ms, client, events: this.#events.get(client) ?? [] }
  }
}

/** Milliseconds, in words. */
export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`
