import type { Play } from '../../schemas/events.ts'
import { inventCatalogue } from './catalogue.ts'
import { type Disorder, type Flaw, flaws, usualDisorder } from './disorder.ts'
import { inventListener } from './listeners.ts'
import { Listening } from './listening.ts'
import { Random } from './random.ts'

/** One message to be sent. `at` is the simulated time at which it leaves the player, in milliseconds since 1970. */
export type SimulatedMessage =
  | { kind: 'play'; at: number; play: Play; disorder: 'none' | 'late' | 'out_of_order' }
  | { kind: 'duplicate'; at: number; play: Play }
  | { kind: 'malformed'; at: number; play: Play; flaw: Flaw; noise: Buffer }

export interface SimulationOptions {
  /** Decides which listener plays what and what goes wrong. Event ids come from it: sent again, all are duplicates. */
  seed: string
  /** Decides the catalogue and the listeners, apart from the seed: the same artists after a restart. */
  world?: string
  /** Simulated time of the beginning, milliseconds since 1970. */
  startAt: number
  playsPerSecond: number
  listeners?: number
  artists?: number
  tracksPerArtist?: number
  disorder?: Partial<Disorder>
}

const RECENT_PLAYS = 256

/** Plays on a clock of its own: the same options give the same messages. `playsPerSecond` counts plays, sent the first time. */
export class Simulation {
  readonly #listening: Listening
  readonly #disorder: Disorder
  /** Streams of chance of their own: whatever goes wrong, the plays stay the same. */
  readonly #ids: Random
  readonly #mishaps: Random
  readonly #recent: Play[] = []
  #plays = 0
  #playsPerSecond: number
  /** The next play is the `#step`th after `#base`: multiplied, not added up, so that nothing drifts. */
  #base: number
  #step = 0
  /** What was left of the wait for the next play when the rate last changed, as a share of a whole one. */
  #left = 0

  constructor(options: SimulationOptions) {
    const { seed, world = 'continuo', listeners = 100_000, artists = 500, tracksPerArtist = 20 } = options
    this.#disorder = { ...usualDisorder, ...options.disorder }
    this.#ids = new Random(`${seed}/ids`)
    this.#mishaps = new Random(`${seed}/mishaps`)
    this.#playsPerSecond = options.playsPerSecond
    this.#base = options.startAt
    this.#listening = new Listening({
      random: new Random(`${seed}/listening`),
      circumstances: new Random(`${seed}/circumstances`),
      catalogue: inventCatalogue(world, artists, tracksPerArtist),
      population: listeners,
      listener: (number) => inventListener(world, number, this.#disorder.skewedListeners),
    })
  }

  get playsPerSecond(): number {
    return this.#playsPerSecond
  }

  /** When the next play ends; never, at a rate of 0. */
  get nextAt(): number {
    return this.#playsPerSecond === 0 ? Infinity : this.#base + (this.#step * 1_000) / this.#playsPerSecond
  }

  /** A new rate from simulated time `at` on: what is left of the wait for the next play shrinks or grows with it. */
  changeRate(playsPerSecond: number, at: number): void {
    if (this.#playsPerSecond > 0) this.#left = ((this.nextAt - at) * this.#playsPerSecond) / 1_000
    if (playsPerSecond > 0) this.#base = at + (this.#left * 1_000) / playsPerSecond
    this.#step = 0
    this.#playsPerSecond = playsPerSecond
  }

  /** Leaves out what would have happened before `time`. */
  skipTo(time: number): void {
    this.#base = Math.max(this.nextAt, time)
    this.#step = 0
  }

  /** The next play, and what comes with it: a duplicate of a recent one, a malformed message. */
  next(): SimulatedMessage[] {
    const at = Math.floor(this.nextAt)
    this.#step++
    const { play, message } = this.#play(at)
    const messages = [message]
    if (this.#mishaps.chance(this.#disorder.duplicates)) {
      messages.push({ kind: 'duplicate', at, play: this.#mishaps.pick(this.#recent) })
    }
    if (this.#mishaps.chance(this.#disorder.malformed)) messages.push(this.#malformed(at, play))
    return messages
  }

  #play(at: number): { play: Play; message: SimulatedMessage } {
    const { listener, track, msPlayed, sessionId, context, skipReason } = this.#listening.playEndingAt(at)
    const { delay, disorder } = this.#delay()
    const play: Play = {
      eventId: this.#ids.uuid(),
      userId: listener.userId,
      trackId: track.id,
      trackName: track.name,
      artistId: track.artist.id,
      artistName: track.artist.name,
      playedAt: at + listener.clockSkew - delay,
      msPlayed,
      platform: listener.platform,
      ip: listener.ip,
      country: listener.country,
      source: 'simulator',
      sessionId,
      context,
      skipReason,
      timeZone: listener.timeZone,
      location: listener.location,
    }
    this.#recent[this.#plays++ % RECENT_PLAYS] = play
    return { play, message: { kind: 'play', at, play, disorder } }
  }

  #delay(): { delay: number; disorder: 'none' | 'late' | 'out_of_order' } {
    const { late, outOfOrder } = this.#disorder
    const draw = this.#mishaps.unit()
    if (draw < late) return { delay: Math.round(this.#mishaps.between(120_000, 600_000)), disorder: 'late' }
    if (draw < late + outOfOrder) {
      return { delay: Math.round(this.#mishaps.between(1_000, 12_000)), disorder: 'out_of_order' }
    }
    return { delay: 0, disorder: 'none' }
  }

  #malformed(at: number, like: Play): SimulatedMessage {
    const flaw = this.#mishaps.pick(flaws)
    const play = { ...like, eventId: this.#mishaps.uuid() }
    if (flaw === 'time_long_ago') play.playedAt = Date.UTC(1901, 0, 1)
    if (flaw === 'time_far_ahead') play.playedAt = Date.UTC(2099, 0, 1)
    return { kind: 'malformed', at, play, flaw, noise: this.#mishaps.bytes(16 + this.#mishaps.int(48)) }
  }
}
