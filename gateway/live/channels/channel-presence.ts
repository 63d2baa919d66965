import { channelKeys, membersKey, type ChannelNotice, type ClientInfo } from '../../../schemas/channels.ts'
import { LeasedMembers, type LeasedMembersOptions } from '../leased-members.ts'

export interface ChannelPresenceOptions extends Omit<LeasedMembersOptions, 'what'> {
  keyPrefix: string
}

/** How many clients a channel has at all gateways, and of how many listeners. */
export interface PresenceStats {
  num_clients: number
  num_users: number
}

/** Clients that one answer names at most. */
export const MOST_PRESENT = 1_000

/**
 * Which clients have a channel, at all gateways, and word to these of who comes and goes. A client counts for the life of its lease after its
 * gateway was killed, and nobody is told that it has left.
 */
export class ChannelPresence {
  readonly #options: ChannelPresenceOptions
  readonly #members: LeasedMembers

  constructor(options: ChannelPresenceOptions) {
    this.#options = options
    this.#members = new LeasedMembers({ ...options, what: 'who is in a channel' })
  }

  start(): void {
    this.#members.start()
  }

  /** Ends, once Redis has heard what it was told. */
  stop(): Promise<void> {
    return this.#members.stop()
  }

  /** A client has got a channel, by where it lies. */
  enter(place: string, info: ClientInfo): void {
    this.#members.put(membersKey(this.#options.keyPrefix, place), memberOf(info))
    this.#tell(place, { join: { info } })
  }

  /** It has it no more. */
  leave(place: string, info: ClientInfo): void {
    this.#members.take(membersKey(this.#options.keyPrefix, place), memberOf(info))
    this.#tell(place, { leave: { info } })
  }

  /** The clients of a channel by their ids; undefined if they are more than {@link MOST_PRESENT}. @throws if Redis does not answer */
  async clients(place: string): Promise<Record<string, ClientInfo> | undefined> {
    const clients = await this.#read(place, 'LIMIT', 0, MOST_PRESENT + 1)
    if (clients.length > MOST_PRESENT) return undefined
    return Object.fromEntries(clients.map((each) => [each.client, each]))
  }

  /** @throws if Redis does not answer */
  async stats(place: string): Promise<PresenceStats> {
    const all = await this.#read(place)
    return { num_clients: all.length, num_users: new Set(all.map(({ user }) => user)).size }
  }

  async #read(place: string, ...limit: [] | ['LIMIT', number, number]): Promise<ClientInfo[]> {
    const { redis, keyPrefix } = this.#options
    const key = membersKey(keyPrefix, place)
    const members = await redis.zrangebyscore(key, `(${Date.now()}`, '+inf', ...(limit as []))
    return members.map((member) => {
      const [client = '', user = ''] = member.split(' ')
      return { client, user }
    })
  }

  #tell(place: string, notice: ChannelNotice): void {
    const { redis, keyPrefix } = this.#options
    if (redis.status !== 'ready') return
    // Best effort, as presence is: who wants to know for certain asks.
    redis.spublish(channelKeys(keyPrefix, place).publish, JSON.stringify(notice)).catch(() => undefined)
  }
}

const memberOf = ({ client, user }: ClientInfo): string => `${client} ${user}`
