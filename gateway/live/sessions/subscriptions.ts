import type { ClientInfo } from '../../../schemas/channels.ts'
import type { Lease } from '../access/token-verifiers.ts'
import type { Joined, Subscriber } from '../channels/channel-hub.ts'
import type { Channel } from '../channels/namespaces.ts'
import { errors, type ErrorReply } from '../protocol/codes.ts'
import type { Position } from '../protocol/position.ts'
import type { SessionContext } from './session-context.ts'

/** Whose subscriptions they are. */
export interface SubscriptionsOwner extends Subscriber {
  /** The client, as others see it. */
  info(): ClientInfo
}

type Context = Pick<SessionContext, 'hubs' | 'onScreen'> & {
  channelPresence: Pick<SessionContext['channelPresence'], 'enter' | 'leave'>
  limits: Pick<SessionContext['limits'], 'maxSubscriptions'>
}

/** How a channel is joined. */
export interface Joining {
  since?: Position | undefined
  /** Whether who else comes and goes is to be told. */
  joinLeave?: boolean
  /** Of the token that gives the channel. Default: the subscription does not end by itself. */
  lease?: Lease | undefined
  /** Whether the server joins it, of its own accord. */
  byServer?: boolean
}

interface Subscription extends Channel {
  lease: Lease | undefined
  byServer: boolean
}

/** The channels of one socket. */
export class Subscriptions {
  readonly #context: Context
  readonly #owner: SubscriptionsOwner
  readonly #channels = new Map<string, Subscription>()
  #isOver = false

  constructor(context: Context, owner: SubscriptionsOwner) {
    this.#context = context
    this.#owner = owner
  }

  /** What there is of a channel; undefined if it is not joined. */
  get(name: string): Readonly<Subscription> | undefined {
    return this.#channels.get(name)
  }

  /**
   * Joins a channel; whether it may be joined is for the caller to know.
   * @param seated is called in the moment from which pushes may follow.
   * @returns why not, if so.
   */
  async add(
    channel: Channel,
    { since, joinLeave = false, lease, byServer = false }: Joining,
    seated: (joined: Joined) => void,
  ): Promise<ErrorReply | undefined> {
    const { hubs, limits } = this.#context
    const { name, place, rules } = channel
    // The socket closed while something was awaited before: nobody would leave again.
    if (this.#isOver) return errors.internal
    if (this.#channels.has(name)) return errors.alreadySubscribed
    if (this.#channels.size >= limits.maxSubscriptions) return errors.limitExceeded
    const subscription = { name, place, rules, lease, byServer }
    const isStill = () => this.#channels.get(name) === subscription
    this.#channels.set(name, subscription)
    try {
      const tell = (joined: Joined) => isStill() && seated(joined)
      await hubs.join(place, this.#owner, since, tell, joinLeave && showsPresence(channel))
      if (isStill()) {
        this.#enter(subscription)
        return undefined
      }
      // Left meanwhile: that leave may have come before the hub had a seat to take away.
      hubs.leave(place, this.#owner)
      return errors.internal
    } catch {
      if (isStill()) this.#channels.delete(name)
      return errors.internal
    }
  }

  /** Gives a joined channel by another token. */
  prolong(name: string, lease: Lease): void {
    const subscription = this.#channels.get(name)
    if (subscription) subscription.lease = lease
  }

  /** Names of channels that are given by tokens, with those. */
  *leases(): Iterable<[name: string, lease: Lease]> {
    for (const { name, lease } of this.#channels.values()) if (lease) yield [name, lease]
  }

  /** Leaves a channel; one that was never joined is left already. */
  remove(name: string): void {
    const subscription = this.lost(name)
    if (subscription) this.#context.hubs.leave(subscription.place, this.#owner)
  }

  /** Leaves all channels; none is joined any more. */
  end(): void {
    this.#isOver = true
    for (const name of this.#channels.keys()) this.remove(name)
  }

  /** The hub has left the subscriber. */
  lost(name: string): Readonly<Subscription> | undefined {
    const { onScreen, channelPresence } = this.#context
    const subscription = this.#channels.get(name)
    if (subscription === undefined) return undefined
    this.#channels.delete(name)
    const [{ place }, info] = [subscription, this.#owner.info()]
    onScreen.leave(place, info)
    if (showsPresence(subscription)) channelPresence.leave(place, info)
    return subscription
  }

  #enter(subscription: Subscription): void {
    const { onScreen, channelPresence } = this.#context
    const [{ place }, info] = [subscription, this.#owner.info()]
    onScreen.enter(place, info)
    if (showsPresence(subscription)) channelPresence.enter(place, info)
  }
}

const showsPresence = ({ rules }: Channel): boolean => rules.subscribers.includes('presence')
