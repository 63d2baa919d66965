import type { ChainableCommander } from 'ioredis'
import type { Logger } from 'pino'
import { leasesLua } from '../../schemas/leases.ts'
import { type Scripted, withScripts } from '../../schemas/redis-scripts.ts'
import { type RedisClient, byServer, onServerBack } from '../../schemas/redis-servers.ts'
import { Outage } from './outage.ts'

export interface LeasedMembersOptions {
  redis: RedisClient
  /** How long a member counts without being named again, ms: so long after a gateway was killed. */
  lifeMs: number
  log: Logger
}

type Piece = [key: string, members: string[]][]

interface Calls {
  lease(key: string, lifeMs: number, ...members: string[]): Promise<unknown>
}

const scripts = {
  lease: { lua: `${leasesLua}return lease(KEYS[1], ARGV[1], { unpack(ARGV, 2) })`, numberOfKeys: 1 },
}

/** A member is written again this often within its life: one that is lost does not matter. */
const WRITES_PER_LIFE = 3
/** Members written anew in one go: more would hold up Redis, and who waits for it. */
export const MOST_AT_ONCE = 500

/**
 * Members of sorted sets in Redis, each with when it runs out (ms since 1970, by the clock of Redis) unless this gateway names it again. It is best
 * effort: without Redis nobody is a member, and who still is when it is back is written anew.
 */
export class LeasedMembers {
  readonly #options: LeasedMembersOptions
  readonly #redis: Scripted<Calls>
  readonly #members = new Map<string, Set<string>>()
  #timer: NodeJS.Timeout | undefined
  #isWriting = false
  /** All are to be written, once more if they are being written: a server may have come back since that began. */
  #isDue = false
  /** What Redis has not answered yet. */
  readonly #asked = new Set<Promise<void>>()
  readonly #outage: Outage

  constructor(options: LeasedMembersOptions) {
    this.#options = options
    this.#redis = withScripts<Calls>(options.redis, scripts)
    this.#outage = new Outage(options.log, {
      begins: 'Redis does not take who is present; trying again',
      ends: 'Redis takes who is present again',
    })
  }

  start(): void {
    const { lifeMs } = this.#options
    onServerBack(this.#redis, () => void this.#writeAll())
    this.#timer = setInterval(() => void this.#writeAll(), lifeMs / WRITES_PER_LIFE)
  }

  /** Ends, once Redis has heard what it was told. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(this.#asked)
  }

  put(key: string, member: string): void {
    const members = this.#members.get(key) ?? new Set()
    this.#members.set(key, members.add(member))
    // What is not written now is written with the next.
    void this.#write([[key, [member]]])
  }

  /** Answers whether it was a member. */
  take(key: string, member: string): boolean {
    const members = this.#members.get(key)
    if (members?.delete(member) !== true) return false
    if (members.size === 0) this.#members.delete(key)
    // What cannot be taken away runs out.
    void this.#tell(this.#redis.pipeline().zrem(key, member))
    return true
  }

  /** Names all anew, one piece after the other. */
  async #writeAll(): Promise<void> {
    this.#isDue = true
    if (this.#isWriting) return
    this.#isWriting = true
    while (this.#isDue) {
      this.#isDue = false
      for (const piece of piecesOf(this.#members)) await this.#write(piece)
    }
    this.#isWriting = false
  }

  async #write(piece: Piece): Promise<void> {
    await Promise.all(byServer(this.#redis, piece, ([key]) => key).map((some) => this.#writeAtOnce(some)))
  }

  #writeAtOnce(piece: Piece): Promise<void> {
    const pipeline = this.#redis.pipeline()
    for (const [key, members] of piece) pipeline.lease(key, this.#options.lifeMs, ...members)
    return this.#tell(pipeline)
  }

  #tell(pipeline: ChainableCommander): Promise<void> {
    if (this.#redis.status !== 'ready') return Promise.resolve()
    const told = this.#told(pipeline).finally(() => this.#asked.delete(told))
    this.#asked.add(told)
    return told
  }

  async #told(pipeline: ChainableCommander): Promise<void> {
    const replies = await pipeline.exec().catch((error: unknown) => [[error]])
    const [error] = replies?.find(([each]) => each) ?? []
    if (error) this.#outage.failed(error)
    else this.#outage.succeeded()
  }
}

/** What there is at the moment at which each piece is taken: whoever has gone by then is not in it. */
function* piecesOf(sets: ReadonlyMap<string, ReadonlySet<string>>): Generator<Piece> {
  let piece: Piece = []
  let size = 0
  for (const [key, members] of sets) {
    let some: string[] = []
    piece.push([key, some])
    for (const member of members) {
      some.push(member)
      if (++size < MOST_AT_ONCE) continue
      yield piece
      piece = [[key, (some = [])]]
      size = 0
    }
    if (some.length === 0) piece.pop()
  }
  if (size > 0) yield piece
}
