import type { Catalogue, Track } from './catalogue.ts'
import type { Play } from '../../schemas/events.ts'
import { type Occasion, contextOf, inventOccasion, reasonToSkip } from './circumstances.ts'
import { DueQueue } from './due-queue.ts'
import { type Listener, appetite } from './listeners.ts'
import type { Random } from './random.ts'

/** A listener at it: one track after the other until the session ends. */
interface Session {
  number: number
  listener: Listener
  occasion: Occasion
  track: Track
  startedAt: number
  /** When this track will have been listened to, wholly or until it is skipped. */
  dueAt: number
}

/** A listening that has just ended. Times in milliseconds. */
export interface Listened extends Pick<Play, 'sessionId' | 'context' | 'skipReason'> {
  listener: Listener
  track: Track
  msPlayed: number
}

export interface ListeningOptions {
  random: Random
  /** Chance of its own, for what of a play does not decide the next one. */
  circumstances: Random
  catalogue: Catalogue
  /** How many listeners there are. */
  population: number
  listener(number: number): Listener
}

const MEAN_TRACKS_A_SESSION = 8
/** Above this share of the population at it, nobody new comes: those who listen skip more instead. */
const BUSY = 0.9
const TRIES_TO_FIND_SOMEBODY = 16

/**
 * Who has just listened to what. The caller says when a play ends, so that any rate can be had exactly; this finds the listener
 * whose track was due by then, or lets somebody new be at the end of a first track.
 */
export class Listening {
  readonly #options: ListeningOptions
  readonly #sessions = new DueQueue<Session>()
  readonly #active = new Set<number>()
  /** By listener number. */
  readonly #lastPlayEndedAt: Float64Array

  constructor(options: ListeningOptions) {
    this.#options = options
    this.#lastPlayEndedAt = new Float64Array(options.population)
  }

  /** The play that ends at `now`; `now` never goes back. */
  playEndingAt(now: number): Listened {
    const session = this.#dueSession(now) ?? this.#arrival(now) ?? this.#interrupted()
    const { number, listener, occasion, track, startedAt, dueAt } = session
    const { random, circumstances } = this.#options
    const msPlayed = Math.round(Math.min(now, dueAt) - startedAt)
    this.#lastPlayEndedAt[number] = now
    const leaves = random.chance(1 / MEAN_TRACKS_A_SESSION)
    if (leaves) this.#active.delete(number)
    else this.#sessions.push(this.#nextTrack(number, listener, occasion, now))
    const skipReason = msPlayed < track.duration ? reasonToSkip(circumstances, leaves) : 'none'
    const { sessionId } = occasion
    return { listener, track, msPlayed, sessionId, context: contextOf(occasion, track), skipReason }
  }

  #dueSession(now: number): Session | undefined {
    const next = this.#sessions.peek()
    return next !== undefined && next.dueAt <= now ? this.#sessions.pop() : undefined
  }

  /** Somebody who is not yet listening, by the time of day at their home; undefined if nearly all are at it. */
  #arrival(now: number): Session | undefined {
    const { random, population, listener } = this.#options
    if (this.#active.size >= BUSY * population) return undefined
    let found: { number: number; listener: Listener } | undefined
    for (let attempt = 0; attempt < TRIES_TO_FIND_SOMEBODY; attempt++) {
      const number = random.int(population)
      if (this.#active.has(number)) continue
      found = { number, listener: listener(number) }
      if (random.chance(appetite(now, found.listener))) break
    }
    if (found === undefined) return undefined
    this.#active.add(found.number)
    const occasion = inventOccasion(this.#options.circumstances)
    const first = this.#nextTrack(found.number, found.listener, occasion, now)
    const begunAt = now - (first.dueAt - now)
    return { ...first, startedAt: Math.max(begunAt, this.#lastPlayEndedAt[found.number]!), dueAt: now }
  }

  /** Whoever would be through first skips now. */
  #interrupted(): Session {
    const session = this.#sessions.pop()
    if (session === undefined) throw new Error('nobody listens: the population must be at least 1')
    return session
  }

  #nextTrack(number: number, listener: Listener, occasion: Occasion, startedAt: number): Session {
    const { random, catalogue } = this.#options
    const track = catalogue.choose(random)
    const skips = random.chance(listener.skipRate)
    const listenedFor = skips ? Math.min(random.exponential(25_000), track.duration) : track.duration
    return { number, listener, occasion, track, startedAt, dueAt: startedAt + Math.round(listenedFor) }
  }
}
