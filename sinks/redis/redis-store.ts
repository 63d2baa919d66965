import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Cluster } from 'ioredis'
import { type Script, type ScriptCalls, type Scripted, withScripts } from '../../schemas/redis-scripts.ts'
import { connectionTo, isCluster } from '../../schemas/redis-servers.ts'
import type { PartitionedRow, Step } from './pending-rows.ts'

/** `moved`: the store does not stand where the step begins, so its rows must be read again from where it stands. */
export type Applied = 'published' | 'unchanged' | 'moved'

/** Rows between two offsets of a partition of what is given back. */
export interface ReplayedStep<V> extends PositionMove {
  rows: readonly PartitionedRow<V>[]
}

interface PositionMove {
  /** Names the partition. */
  place: string
  from: bigint
  /** The first offset that is not in it. */
  next: bigint
}

/** What a sink keeps its rows in, with the position up to which it has them. */
export interface RedisStore<V> {
  readonly connected: boolean
  /** Resolves if Redis answers; until it does, call it again. @throws what keeps Redis away */
  connect(): Promise<void>
  /**
   * Where the store stands in each of these partitions, and from now on in this topic. A partition that it has never
   * seen stands at `earliest`. A text names a partition of what is given back.
   */
  begin<P extends number | string>(topicId: string, earliest: ReadonlyMap<P, bigint>): Promise<Map<P, bigint>>
  /** Applies a step; applying it again changes nothing. */
  apply(topicId: string, step: Step<V>): Promise<Applied>
  /**
   * Applies rows that are given back, each if nothing newer has been applied under its key, and moves the position of what is given back behind
   * them. `moved`: it does not stand where they begin, though they may have been applied.
   */
  replay(topicId: string, step: ReplayedStep<V>): Promise<Applied>
  /** Has readers read what is in here, where they have one place for all versions. */
  serve?(): Promise<void>
  close(): void
}

const LONGEST_RECONNECT_MS = 500
/** A command that has had no answer for so long has failed: a step may be repeated. */
const COMMAND_TIMEOUT_MS = 5_000

/**
 * Answers of a server that will be well again; any other error of a command is a mistake in it. A script that it does not know is sent in full, but
 * may be forgotten once more before its turn.
 */
const PASSING = /^(LOADING|BUSY|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MISCONF|OOM|NOREPLICAS|NOSCRIPT)/

/** Whether trying again could help. */
export function isPassing(error: unknown): boolean {
  return !isAnswer(error) || PASSING.test(error.message)
}

const isAnswer = (error: unknown): error is Error => error instanceof Error && error.name === 'ReplyError'

interface Move {
  move(positions: string, place: string, from: string, next: string): Promise<0 | 1>
}

const move = { move: { lua: readFileSync(join(import.meta.dirname, 'move.lua'), 'utf8'), numberOfKeys: 1 } }

/**
 * A connection to Redis with scripts of its own. It comes back by itself, again and again, and while there is none, or nothing comes back within
 * 5 s, commands fail.
 */
export class ScriptConnection<Calls extends ScriptCalls<Calls>> {
  readonly #redisUrl: string
  readonly #scripts: Readonly<Record<keyof Calls, Script>>
  readonly #onClose: () => void
  #redis: (Move & Scripted<Calls>) | undefined
  #isClosed = false
  /** What keeps Redis away; commands say only that there is no connection. */
  #obstacle: Error | undefined

  /** `onClose`: the server behind the next connection may be another. */
  constructor(
    redisUrl: string,
    scripts: Readonly<Record<keyof Calls, Script>>,
    onClose: () => void = () => undefined,
  ) {
    this.#redisUrl = redisUrl
    this.#scripts = scripts
    this.#onClose = onClose
  }

  /** Once it has been connected. */
  get redis(): Move & Scripted<Calls> {
    if (this.#redis === undefined) throw new Error('there was no connection to Redis yet')
    return this.#redis
  }

  get connected(): boolean {
    return this.#redis?.status === 'ready'
  }

  /** @throws what keeps Redis away */
  async connect(): Promise<void> {
    try {
      this.#redis ??= this.#made(await isCluster(this.#redisUrl, COMMAND_TIMEOUT_MS))
      if (this.#isClosed) this.#redis.disconnect()
      else if (this.#redis.status === 'wait') await this.#redis.connect()
      else await this.answered(this.#redis.ping())
    } catch (error) {
      throw this.#obstacle ?? error
    }
  }

  close(): void {
    this.#isClosed = true
    this.#redis?.disconnect()
  }

  #made(clustered: boolean): Move & Scripted<Calls> {
    const redis = connectionTo(this.#redisUrl, clustered, {
      // A command belongs to one connection: it is never sent again on the next one by itself.
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      commandTimeout: COMMAND_TIMEOUT_MS,
      connectTimeout: COMMAND_TIMEOUT_MS,
      retryStrategy: (attempts) => Math.min(50 * attempts, LONGEST_RECONNECT_MS),
      // After a failover this may be what was the primary: who is it now is where the name leads.
      reconnectOnError: ({ message }) => message.startsWith('READONLY'),
    })
    redis.on('close', this.#onClose)
    redis.on('error', (error: Error) => (this.#obstacle = error))
    redis.on('ready', () => (this.#obstacle = undefined))
    withScripts<Move>(redis, move)
    return withScripts<Calls>(redis, this.#scripts) as Move & Scripted<Calls>
  }

  /** A connection that has swallowed a command may be dead for a quarter of an hour before the system says so. */
  async answered<T>(command: Promise<T>): Promise<T> {
    try {
      return await command
    } catch (error) {
      if (this.connected && !isAnswer(error) && !this.#isOfOneNode(error)) this.redis.disconnect(true)
      throw error
    }
  }

  /** Whether a node of a cluster is away and known to be: the others are not. */
  #isOfOneNode(error: unknown): boolean {
    return this.#redis instanceof Cluster && !(error as Error).message.startsWith('Command timed out')
  }

  /** Moves a position of the hash `positions`; answers whether it stood where it was to be moved from. */
  async move(positions: string, { place, from, next }: PositionMove): Promise<boolean> {
    return (await this.answered(this.redis.move(positions, place, from.toString(), next.toString()))) === 1
  }
}
