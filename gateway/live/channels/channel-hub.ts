import { type ChannelNotice, nameOfChannel } from '../../../schemas/channels.ts'
import type { Encoding } from '../protocol/encoding.ts'
import type { Position, Publication } from '../protocol/position.ts'
import type { ChannelLog } from './channel-log.ts'
import { MOST_PRESENT } from './channel-presence.ts'
import type { HeardMessage } from './heard-message.ts'
import type { LogPart } from './log-reader.ts'
import { recover } from './recovery.ts'

/** What all subscribers of a channel are told; `json`: the data of a publication, if they are at hand. */
export type Said = { pub: Publication; json?: string | undefined } | ChannelNotice

/** One socket, as far as a channel is concerned. */
export interface Subscriber {
  /** In which frames it reads. */
  readonly encoding: Encoding
  /** Takes the bytes of one push; `newestOf`: the place of its channel, if the newest message of that is enough. */
  push(message: Buffer, newestOf?: string): void
  /** The channel at a place cannot go on for this subscriber: it has to come back and recover. The hub has forgotten it already. */
  lost(place: string): void
}

/** Where a subscriber starts. */
export interface Joined extends Position {
  publications: Publication[]
  /** Unset if it did not ask to recover. */
  recovered: boolean | undefined
}

/** The channel ended while somebody was joining: joining again will find its new life. */
export class ChannelLost extends Error {
  override readonly name = 'ChannelLost'
}

/** What hubs of a kind have in common; `name`: of a channel, as subscribers call it. */
export interface HubSettings {
  log: ChannelLog
  /** Called once for each encoding that a subscriber reads. */
  encode(name: string, said: Said, encoding: Encoding): Buffer
  /** The newest publication says all: who comes, or comes back, gets that one, and those between are of no use to anybody. */
  newestIsEnough?: boolean
  /** Called with the seconds that one publication took to all subscribers, and what it says. */
  onFanOut(name: string, seconds: number, data: unknown): void
  /** Called once when a hub has lost the stream, after all its subscribers were told. */
  onLost(hub: ChannelHub): void
}

/** A subscriber's place: everything up to `offset` is sent, or waits behind a read of the log. */
interface Seat {
  offset: number
  /** Live messages since the read of the log began; undefined when it is over. */
  waiting: Publication[] | undefined
  /** Whether it wants to know who else comes and goes. */
  joinLeave: boolean
}

/**
 * One channel on this node: a stream without gaps, fanned out to its subscribers. The log in Redis is the truth; a
 * Pub/Sub message is delivered if it is the next one, and otherwise only the hint to read the log. So nothing is missed
 * over a lost message, a lost connection or a race, and nothing is sent twice.
 */
export class ChannelHub {
  /** Where the channel lies in Redis. */
  readonly place: string
  readonly #name: string
  readonly #settings: HubSettings
  readonly #seats = new Map<Subscriber, Seat>()
  #position: Position | undefined
  #lost = false
  #catchingUp: Promise<void> | undefined
  #again = false

  constructor(place: string, settings: HubSettings) {
    this.place = place
    this.#name = nameOfChannel(place)
    this.#settings = settings
  }

  get subscribers(): number {
    return this.#seats.size
  }

  /**
   * Gives a subscriber its place and, if it asks from a position, what it missed since then.
   * @param seated gets the result in the moment from which pushes may follow: a promise would tell too late.
   * @param joinLeave whether it wants to know who else comes and goes
   * @throws ChannelLost, or what reading the log throws; the subscriber then has no place.
   */
  async join(
    subscriber: Subscriber,
    since: Position | undefined,
    seated: (joined: Joined) => void,
    joinLeave = false,
  ): Promise<void> {
    if (this.#lost) throw new ChannelLost()
    const seat: Seat = { offset: 0, waiting: [], joinLeave }
    this.#seats.set(subscriber, seat)
    try {
      if (this.#position === undefined) await this.catchUp()
      const missed = await this.#missed(this.#stillHere(subscriber, seat), since)
      seated(this.#seat(subscriber, seat, since, missed))
    } catch (error) {
      // It may have left, and joined anew: that seat is another one.
      if (this.#seats.get(subscriber) === seat) this.leave(subscriber)
      throw error
    }
  }

  leave(subscriber: Subscriber): void {
    this.#seats.delete(subscriber)
  }

  /** A message came through Pub/Sub. */
  receive({ epoch, json, ...publication }: HeardMessage): void {
    const { offset } = publication
    const position = this.#position
    if (position?.epoch === epoch && offset <= position.offset) return
    if (position?.epoch === epoch && offset === position.offset + 1) this.#deliver(publication, json)
    else this.catchUp().catch(() => undefined)
  }

  /**
   * Somebody came or went: it is told to who wants to know, and has a place; not among so many that who is there is not told either. One who comes and goes all the
   * time would have each of them told.
   */
  notice(notice: ChannelNotice): void {
    if (this.#seats.size > MOST_PRESENT) return
    const frameIn = this.#encodedOnce(notice)
    for (const [subscriber, { joinLeave, waiting }] of this.#seats)
      if (joinLeave && waiting === undefined) subscriber.push(frameIn(subscriber.encoding))
  }

  /**
   * Reads the log after what was delivered last and delivers it. A call during a read makes that read be repeated, since
   * it may have been too early for what the caller knows of.
   * @throws if Redis does not answer: the next message, check or reconnection tries again.
   */
  catchUp(): Promise<void> {
    this.#again = true
    this.#catchingUp ??= this.#readUntilCurrent()
    return this.#catchingUp
  }

  async #readUntilCurrent(): Promise<void> {
    const { log } = this.#settings
    try {
      while (this.#again && !this.#lost) {
        this.#again = false
        if (this.#position === undefined) {
          this.#position = await log.top(this.place)
        } else {
          const since = { ...this.#position }
          this.#apply(since, await log.readAfter(this.place, since.offset))
        }
      }
    } finally {
      // In the same moment as the last look at `again`, so that no call falls in between.
      this.#catchingUp = undefined
    }
  }

  #apply(since: Position, part: LogPart): void {
    const end = part.publications.at(-1)?.offset ?? part.offset
    // A read brings only so much: the next one goes on behind it.
    if (end < part.offset) this.#again = true
    const { recovered, publications } = this.#settings.newestIsEnough
      ? { recovered: true, publications: part.publications.slice(-1) }
      : recover(since, { ...part, offset: end }, [])
    if (!recovered || part.epoch !== since.epoch) {
      this.#lose()
      return
    }
    for (const publication of publications) this.#deliver(publication)
  }

  /** What the log has after `since`, or undefined if there is nothing to look for. */
  async #missed(top: Position, since: Position | undefined): Promise<LogPart | undefined> {
    const { log, newestIsEnough } = this.#settings
    if (since?.epoch === top.epoch && since.offset === top.offset) return undefined
    if (newestIsEnough) return log.readAfter(this.place, Math.max(0, top.offset - 1))
    return since === undefined ? undefined : log.readAfter(this.place, since.offset)
  }

  #seat(
    subscriber: Subscriber,
    seat: Seat,
    since: Position | undefined,
    missed: LogPart | undefined,
  ): Joined {
    const { epoch, offset: top } = this.#stillHere(subscriber, seat)
    if (missed && missed.epoch !== epoch) {
      this.#lose()
      throw new ChannelLost()
    }
    const live = seat.waiting ?? []
    seat.waiting = undefined
    seat.offset = top
    if (this.#settings.newestIsEnough)
      return this.#newest(seat, since, [...(missed?.publications ?? []), ...live])
    if (since === undefined) return { epoch, offset: top, publications: [], recovered: undefined }
    const current = missed ?? { ...since, epoch, publications: [] }
    const { recovered, publications, offset } = recover(since, current, live)
    seat.offset = offset
    return { epoch, offset: recovered ? since.offset : offset, publications, recovered }
  }

  /** Seats a subscriber with the newest publication, if there is one that it does not have: from a node that had heard of it before this one, it may be. */
  #newest(seat: Seat, since: Position | undefined, found: readonly Publication[]): Joined {
    const { epoch, offset: top } = this.#position!
    const newest = found.toSorted((a, b) => a.offset - b.offset).at(-1)
    seat.offset = Math.max(top, newest?.offset ?? 0)
    const has = since?.epoch === epoch && since.offset === newest?.offset
    const publications = newest === undefined || has ? [] : [newest]
    return {
      epoch,
      offset: seat.offset - publications.length,
      publications,
      recovered: since === undefined ? undefined : true,
    }
  }

  /** The present position, if the subscriber kept its place while something was awaited. */
  #stillHere(subscriber: Subscriber, seat: Seat): Position {
    if (this.#position === undefined || this.#seats.get(subscriber) !== seat) throw new ChannelLost()
    return { ...this.#position }
  }

  #deliver(publication: Publication, json?: string): void {
    // A read of the log and a live message may bring the same one.
    if (this.#lost || publication.offset <= this.#position!.offset) return
    this.#position!.offset = publication.offset
    const started = performance.now()
    const frameIn = this.#encodedOnce({ pub: publication, json })
    const newestOf = this.#settings.newestIsEnough ? this.place : undefined
    for (const [subscriber, seat] of this.#seats) {
      if (seat.waiting) seat.waiting.push(publication)
      else if (publication.offset > seat.offset) {
        seat.offset = publication.offset
        subscriber.push(frameIn(subscriber.encoding), newestOf)
      }
    }
    this.#settings.onFanOut(this.#name, (performance.now() - started) / 1000, publication.data)
  }

  #encodedOnce(said: Said): (encoding: Encoding) => Buffer {
    const frames = new Map<Encoding, Buffer>()
    return (encoding) => {
      const known = frames.get(encoding)
      if (known !== undefined) return known
      const frame = this.#settings.encode(this.#name, said, encoding)
      frames.set(encoding, frame)
      return frame
    }
  }

  #lose(): void {
    if (this.#lost) return
    this.#lost = true
    const seats = [...this.#seats]
    this.#seats.clear()
    for (const [subscriber, seat] of seats) if (!seat.waiting) subscriber.lost(this.place)
    this.#settings.onLost(this)
  }
}
