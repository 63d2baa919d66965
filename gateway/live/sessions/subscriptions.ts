import type { Logger } from 'pino'
import type { ClientInfo } from '../../../schemas/channels.ts'
import { ChannelLost, type Joined, type Subscriber } from '../channels/channel-hub.ts'
import type { ChannelHubs } from '../channels/channel-hubs.ts'
import { FeedAway } from '../feed.ts'
import type { Channel } from '../channels/namespaces.ts'
import type { ChannelPresence } from '../channels/channel-presence.ts'
import { errors, type ErrorReply } from '../protocol/codes.ts'
import type { Position } from '../channels/position.ts'
import type { OnScreen } from '../listeners/on-screen.ts'

export interface SubscriptionsOptions {
  subscriber: Subscriber
  hubs: Pick<ChannelHubs, 'join' | 'leave'>
  onScreen: Pick<OnScreen, 'enter' | 'leave'>
  channelPresence: Pick<ChannelPresence, 'enter' | 'leave'>
  /** The client, as others see it. */
  info(): ClientInfo
  /** Channels of one socket. */
  max: number
  log: Logger
}

/** How a channel is joined. */
export interface Joining {
  since?: Position | undefined
  /** Whether who else comes and goes is to be told. */
  joinLeave?: boolean
  /** Milliseconds since 1970, of the token that gives the channel. Default: the subscription does not end by itself. */
  expiresAt?: number | undefined
  /** Whether the server joins it, of its own accord. */
  byServer?: boolean
}

interface Subscription extends Channel {
  expiresAt: number | undefined
  byServer: boolean
}

/** The channels of one socket. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions
  readonly #channels = new Map<string, Subscription>()
  #isOver = false

  constructor(options: SubscriptionsOptions) {
    this.#options = options
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
    { since, joinLeave = false, expiresAt, byServer = false }: Joining,
    seated: (joined: Joined) => void,
  ): Promise<ErrorReply | undefined> {
    const { subscriber, hubs, max } = this.#options
    const { name, place } = channel
    // The socket closed while something was awaited before: nobody would leave again.
    if (this.#isOver) return errors.internal
    if (this.#channels.has(name)) return errors.alreadySubscribed
    if (this.#channels.size >= max) return errors.limitExceeded
    const subscription = { ...channel, expiresAt, byServer }
    this.#channels.set(name, subscription)
    try {
      await hubs.join(place, subscriber, since, seated, joinLeave && showsPresence(channel))
      // Left meanwhile: that leave may have come before the hub had a seat to take away.
      if (this.#channels.get(name) !== subscription) hubs.leave(place, subscriber)
      else this.#enter(subscription)
      return undefined
    } catch (error) {
      if (this.#channels.get(name) === subscription) this.#channels.delete(name)
      this.#report(name, error)
      return errors.internal
    }
  }

  /** Gives a joined channel a later end. */
  prolong(name: string, expiresAt: number): void {
    const subscription = this.#channels.get(name)
    if (subscription) subscription.expiresAt = expiresAt
  }

  /** Names of channels whose end has come by `now`. */
  *expired(now: number): Iterable<string> {
    for (const { name, expiresAt } of this.#channels.values())
      if (expiresAt !== undefined && expiresAt <= now) yield name
  }

  /** Leaves a channel; one that was never joined is left already. */
  remove(name: string): void {
    const subscription = this.lost(name)
    if (subscription) this.#options.hubs.leave(subscription.place, this.#options.subscriber)
  }

  /** Leaves all channels; none is joined any more. */
  end(): void {
    this.#isOver = true
    for (const name of this.#channels.keys()) this.remove(name)
  }

  /** The hub has left the subscriber. */
  lost(name: string): Readonly<Subscription> | undefined {
    const { onScreen, channelPresence, subscriber, info } = this.#options
    const subscription = this.#channels.get(name)
    if (subscription === undefined) return undefined
    this.#channels.delete(name)
    onScreen.leave(subscription.place, subscriber)
    if (showsPresence(subscription)) channelPresence.leave(subscription.place, info())
    return subscription
  }

  #enter(subscription: Subscription): void {
    const { onScreen, channelPresence, subscriber, info } = this.#options
    onScreen.enter(subscription.place, subscriber)
    if (showsPresence(subscription)) channelPresence.enter(subscription.place, info())
  }

  #report(channel: string, error: unknown): void {
    const expected = error instanceof FeedAway || error instanceof ChannelLost
    if (!expected) this.#options.log.warn({ channel, err: error }, 'a channel cannot be read')
  }
}

const showsPresence = ({ rules }: Channel): boolean => rules.subscribers.includes('presence')
