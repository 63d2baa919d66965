import type { Position } from '../../../gateway/live/channels/position.ts'
import type { Subscribed, Witness } from './witness.ts'

/** What one client sees of one channel. */
export interface Sight {
  subscribed(context: Subscribed): void
  published(offset: number, serial: number): void
  /** Where it stands; undefined until it is subscribed. */
  readonly position: Position | undefined
  /** Of what it got last. */
  readonly serial: number
}

/** Of a channel in which every message counts: none is left out, none comes twice, other than where the client is told that it has not recovered. */
export class StreamSight implements Sight {
  readonly #witness: Witness
  readonly #client: string
  readonly #channel: string
  position: Position | undefined
  serial = 0

  constructor(witness: Witness, client: string, channel: string) {
    this.#witness = witness
    this.#client = client
    this.#channel = channel
  }

  subscribed({ streamPosition, wasRecovering, recovered }: Subscribed): void {
    const from = this.position
    const to = streamPosition ?? { epoch: '', offset: 0 }
    this.position = { ...to }
    if (from === undefined) return
    if (!wasRecovering) this.#differs(`came back to ${text(to)} without recovering from ${text(from)}`)
    else if (!recovered)
      this.#witness.notRecovered({ client: this.#client, channel: this.#channel, from, to: { ...to } })
    else {
      this.#witness.recovered++
      if (text(from) !== text(to)) this.#differs(`recovered from ${text(to)}, and stood at ${text(from)}`)
    }
  }

  published(offset: number, serial: number): void {
    const { epoch, offset: before } = this.position!
    this.#witness.heard(this.#client)
    if (offset <= before) this.#differs(`${serial} at ${epoch} ${offset} comes again, behind ${before}`)
    else if (offset > before + 1)
      this.#differs(`${serial} at ${epoch} ${offset} comes behind ${before}: a gap of ${offset - before - 1}`)
    this.position!.offset = Math.max(before, offset)
    this.serial = serial
    this.#witness.saw(this.#client, this.#channel, { epoch, offset }, serial)
  }

  #differs(what: string): void {
    this.#witness.differs(this.#client, this.#channel, what)
  }
}

/** Of a channel whose newest message says all: none that is older comes after one that is newer, and none twice in an epoch. */
export class NewestSight implements Sight {
  readonly #witness: Witness
  readonly #client: string
  readonly #channel: string
  #last: Position | undefined
  position: Position | undefined
  serial = 0

  constructor(witness: Witness, client: string, channel: string) {
    this.#witness = witness
    this.#client = client
    this.#channel = channel
  }

  subscribed({ streamPosition, wasRecovering, recovered }: Subscribed): void {
    const isFirst = this.position === undefined
    this.position = { epoch: '', offset: 0, ...streamPosition }
    if (isFirst) return
    if (wasRecovering && recovered) this.#witness.recovered++
    else this.#witness.differs(this.#client, this.#channel, 'is not recovered, where the newest is enough')
  }

  published(offset: number, serial: number): void {
    this.#witness.heard(this.#client)
    const to = { epoch: this.position!.epoch, offset }
    const last = this.#last
    const isSameEpoch = last?.epoch === to.epoch
    if (last && (serial < this.serial || (isSameEpoch && (serial === this.serial || offset <= last.offset))))
      this.#witness.wentBack({ client: this.#client, channel: this.#channel, from: last, to })
    this.#last = to
    this.position = { ...to }
    this.serial = serial
  }
}

const text = ({ epoch, offset }: Position): string => `${epoch} ${offset}`
