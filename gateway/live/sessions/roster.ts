import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from 'pino'
import { leasesLua } from '../../../schemas/leases.ts'
import { type Scripted, withScripts } from '../../../schemas/redis-scripts.ts'
import { type RedisClient, byServer, onServerBack } from '../../../schemas/redis-servers.ts'
import { Outage } from '../outage.ts'

/** A connection that has said who it is. */
export interface ListedSession {
  client: string
  /** The node that it is at. */
  node: string
  /** Milliseconds since 1970. */
  connectedAt: number
}

export interface RosterOptions {
  redis: RedisClient
  keyPrefix: string
  /** This node. */
  node: string
  /** Ids of the nodes that are there. */
  nodesThere(): readonly string[]
  /**
   * How long a session counts without being written anew, ms: so long after its node was killed, if that is not missed
   * before.
   */
  sessionLife: number
  /** How long a session counts from when it was written though its node is not there, ms: that may not have been heard of yet. */
  nodeLife: number
  /** Sessions that a listener may have at all nodes; 0: any number. */
  maxPerListener: number
  /** How long one too many waits for another to end, ms: until the other nodes know of one that was killed. */
  waitForRoom: number
  /** Milliseconds since 1970. */
  now(): number
  log: Logger
}

interface Entry<S> {
  session: S
  listener: string
  /** As it lies in Redis. */
  member: string
  /** By `performance.now`. */
  writeAt: number
  isWritten: boolean
}

interface Calls {
  enter(
    key: string,
    member: string,
    lifeMs: number,
    most: number,
    unheardMs: number,
    ...nodes: string[]
  ): Promise<0 | 1>
}

const enterLua = leasesLua + readFileSync(join(import.meta.dirname, 'enter.lua'), 'utf8')
const scripts = { enter: { lua: enterLua, numberOfKeys: 1 } }

/** Of sessions that a listener may have. */
const ANY_NUMBER = 0
const WRITES_PER_LIFE = 3
const LOOK_EVERY_MS = 1_000
/** Between two looks whether there may be room by now. */
const ROOM_EVERY_MS = 250
/** Sessions written anew at one look: more would hold up the sockets. */
const MOST_AT_ONCE = 2_000

/**
 * The sessions of this node, by listener, here and in Redis, where all nodes see them. A listener is a pseudonym. Redis
 * hears of a session within a second, or before it begins if a listener's number is limited; while Redis is away
 * nobody is refused.
 */
export class Roster<S extends { id: string }> {
  readonly #options: RosterOptions
  readonly #entries = new Map<string, Entry<S>>()
  /** Ids of those who wait for room. */
  readonly #waiting = new Set<string>()
  /** What is over and could not be taken away, with when it has run out by itself, by `performance.now`. */
  readonly #over = new Map<Entry<S>, number>()
  readonly #redis: Scripted<Calls>
  readonly #outage: Outage
  #timer: NodeJS.Timeout | undefined

  constructor(options: RosterOptions) {
    this.#options = options
    this.#redis = withScripts<Calls>(options.redis, scripts)
    this.#outage = new Outage(options.log, {
      begins: 'sessions are not written down, and not counted: one more is let in, trying again',
      ends: 'sessions are written down again',
    })
  }

  start(): void {
    // It may be another Redis, or have lost its last second.
    onServerBack(this.#redis, () => this.#entries.forEach((entry) => (entry.writeAt = 0)))
    this.#timer = setInterval(() => this.#writeDue(), LOOK_EVERY_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /**
   * Takes a session in. Answers false if its listener has as many as allowed, and has still when those have gone that are of a killed node or just
   * being closed; it is not taken in then.
   */
  async enter(session: S, listener: string): Promise<boolean> {
    const { node, maxPerListener, now } = this.#options
    const entry = {
      session,
      listener,
      member: `${session.id} ${node} ${now()}`,
      writeAt: 0,
      isWritten: false,
    }
    if (maxPerListener > 0 && !(await this.#hasRoom(entry))) return false
    this.#entries.set(session.id, entry)
    return true
  }

  /** A session is over; one that was never taken in is over already. */
  leave({ id }: S): void {
    this.#waiting.delete(id)
    const entry = this.#entries.get(id)
    if (entry === undefined) return
    this.#entries.delete(id)
    if (entry.isWritten) this.#takeAway(entry, performance.now() + this.#options.sessionLife)
  }

  /** Now, or as soon as Redis can be told: its listener would be refused for a session that is none. */
  #takeAway(entry: Entry<S>, runsOut: number): void {
    const later = () => void this.#over.set(entry, runsOut)
    if (this.#redis.status !== 'ready') later()
    else this.#redis.zrem(this.#keyOf(entry.listener), entry.member).catch(later)
  }

  /** The sessions of a listener at this node, or only the one of that id. */
  here(listener: string, client?: string): S[] {
    return [...this.#entries.values()]
      .filter((entry) => entry.listener === listener && (client === undefined || entry.session.id === client))
      .map(({ session }) => session)
  }

  /** The sessions of a listener at all nodes that are there. @throws if Redis does not answer */
  async everywhere(listener: string): Promise<ListedSession[]> {
    const there = new Set(this.#options.nodesThere())
    const members = await this.#redis.zrange(this.#keyOf(listener), 0, -1)
    return members.map(inMember).filter(({ node }) => there.has(node))
  }

  /** Redis is asked at once, after a moment for those that are just being closed, when nodes have come or gone since, and at the end. */
  async #hasRoom(entry: Entry<S>): Promise<boolean> {
    const { waitForRoom, nodesThere } = this.#options
    const { id } = entry.session
    const last = performance.now() + waitForRoom
    let nodes = ''
    const ask = () => {
      nodes = nodesThere().join()
      return this.#mayEnter(entry)
    }
    this.#waiting.add(id)
    let hasRoom = await ask()
    // It may have closed meanwhile.
    for (let looks = 1, isLast = false; !hasRoom && !isLast && this.#waiting.has(id); looks++) {
      await pause(ROOM_EVERY_MS)
      isLast = performance.now() >= last
      if (looks === 1 || isLast || nodesThere().join() !== nodes) hasRoom = await ask()
    }
    this.#waiting.delete(id)
    return hasRoom
  }

  async #mayEnter(entry: Entry<S>): Promise<boolean> {
    if (this.#redis.status !== 'ready') return true
    const { sessionLife, maxPerListener, nodeLife, nodesThere } = this.#options
    const key = this.#keyOf(entry.listener)
    // It may be, whatever becomes of the answer.
    entry.isWritten = true
    try {
      const entered = await this.#redis.enter(
        key,
        entry.member,
        sessionLife,
        maxPerListener,
        nodeLife,
        ...nodesThere(),
      )
      entry.writeAt = this.#nextWrite()
      return entered === 1
    } catch (error) {
      this.#outage.failed(error)
      return true
    }
  }

  #keyOf(listener: string): string {
    return `${this.#options.keyPrefix}sessions:{${listener}}`
  }

  #nextWrite(): number {
    return performance.now() + this.#options.sessionLife / WRITES_PER_LIFE
  }

  #writeDue(): void {
    if (this.#redis.status !== 'ready') return
    const now = performance.now()
    for (const [entry, runsOut] of this.#over.entries().take(MOST_AT_ONCE)) {
      this.#over.delete(entry)
      if (runsOut > now) this.#takeAway(entry, runsOut)
    }
    const due = this.#entries.values().filter(({ writeAt }) => writeAt <= now)
    const atOnce = byServer(this.#redis, due.take(MOST_AT_ONCE), ({ listener }) => this.#keyOf(listener))
    for (const some of atOnce) if (some.length > 0) void this.#write(some)
  }

  /** Whoever was not written is written at the next look. */
  async #write(due: readonly Entry<S>[]): Promise<void> {
    const pipeline = this.#redis.pipeline()
    for (const entry of due) {
      pipeline.enter(this.#keyOf(entry.listener), entry.member, this.#options.sessionLife, ANY_NUMBER, 0)
      entry.isWritten = true
      entry.writeAt = this.#nextWrite()
    }
    const replies = await pipeline.exec().catch((error: unknown) => due.map(() => [error]))
    for (const [at, entry] of due.entries()) {
      const error = replies?.[at]?.[0]
      if (error) {
        this.#outage.failed(error)
        entry.writeAt = 0
      } else this.#outage.succeeded()
    }
  }
}

function inMember(member: string): ListedSession {
  const [client = '', node = '', since] = member.split(' ')
  return { client, node, connectedAt: Number(since) }
}
