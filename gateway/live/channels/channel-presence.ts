import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { channelKeys, membersKey, type ChannelNotice, type ClientInfo } from '../../../schemas/channels.ts'
import { leasesLua } from '../../../schemas/leases.ts'
import { type Scripted, withScripts } from '../../../schemas/redis-scripts.ts'
import type { RedisClient } from '../../../schemas/redis-servers.ts'
import type { LeasedMembers } from '../leased-members.ts'

export interface ChannelPresenceOptions {
  redis: RedisClient
  keyPrefix: string
  members: Pick<LeasedMembers, 'put' | 'take'>
}

/** How many clients a channel has at all gateways, and of how many listeners. */
export interface PresenceStats {
  num_clients: number
  num_users: number
}

/** Clients that one answer names at most. */
export const MOST_PRESENT = 1_000
/** To count ten thousand members takes Redis 10 ms, in which nobody else is answered: a count is for all who ask within a second. */
const COUNT_LASTS_MS = 1_000

interface Calls {
  present(key: string, most: number): Promise<string[]>
  presenceStats(key: string): Promise<[clients: number, users: number]>
}

const statsLua = leasesLua + readFileSync(join(import.meta.dirname, 'presence-stats.lua'), 'utf8')
const scripts = {
  present: { lua: `${leasesLua}return leased(KEYS[1], ARGV[1])`, numberOfKeys: 1 },
  presenceStats: { lua: statsLua, numberOfKeys: 1 },
}

/**
 * Which clients have a channel, at all gateways, and word to these of who comes and goes. A client counts for the life of its lease after its
 * gateway was killed, and nobody is told that it has left.
 */
export class ChannelPresence {
  readonly #options: ChannelPresenceOptions
  readonly #redis: Scripted<Calls>
  /** By the key of what is counted. */
  readonly #counts = new Map<string, Promise<PresenceStats>>()

  constructor(options: ChannelPresenceOptions) {
    this.#options = options
    this.#redis = withScripts<Calls>(options.redis, scripts)
  }

  /** A client has got a channel, by its place. */
  enter(place: string, info: ClientInfo): void {
    this.#options.members.put(this.#keyOf(place), memberOf(info))
    this.#tell(place, { join: { info } })
  }

  /** It has it no more; whose coming nobody was told of, of their leave nobody is told. */
  leave(place: string, info: ClientInfo): void {
    if (this.#options.members.take(this.#keyOf(place), memberOf(info))) this.#tell(place, { leave: { info } })
  }

  /** The clients of a channel by their ids; undefined if they are more than {@link MOST_PRESENT}. @throws if Redis does not answer */
  async clients(place: string): Promise<Record<string, ClientInfo> | undefined> {
    const members = await this.#redis.present(this.#keyOf(place), MOST_PRESENT + 1)
    if (members.length > MOST_PRESENT) return undefined
    return Object.fromEntries(
      members.map((member) => {
        const [client = '', user = ''] = member.split(' ')
        return [client, { client, user }]
      }),
    )
  }

  /** As they were within the last second. @throws if Redis does not answer */
  stats(place: string): Promise<PresenceStats> {
    const key = this.#keyOf(place)
    const known = this.#counts.get(key)
    if (known) return known
    const counted = this.#count(key)
    this.#counts.set(key, counted)
    const forget = () => this.#counts.delete(key)
    counted.then(() => setTimeout(forget, COUNT_LASTS_MS).unref(), forget)
    return counted
  }

  async #count(key: string): Promise<PresenceStats> {
    const [num_clients, num_users] = await this.#redis.presenceStats(key)
    return { num_clients, num_users }
  }

  #keyOf(place: string): string {
    return membersKey(this.#options.keyPrefix, place)
  }

  #tell(place: string, notice: ChannelNotice): void {
    if (this.#redis.status !== 'ready') return
    const { publish } = channelKeys(this.#options.keyPrefix, place)
    // Best effort, as presence is: who wants to know for certain asks.
    this.#redis.spublish(publish, JSON.stringify(notice)).catch(() => undefined)
  }
}

const memberOf = ({ client, user }: ClientInfo): string => `${client} ${user}`
