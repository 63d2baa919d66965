import type { Logger } from 'pino'
import { ChannelLost, type Joined, type Subscriber } from '../channels/channel-hub.ts'
import { FeedAway, type ChannelHubs } from '../channels/channel-hubs.ts'
import { errors, type ErrorReply } from '../protocol/codes.ts'
import type { Position } from '../channels/position.ts'
import type { Presence } from '../listeners/presence.ts'

export interface SubscriptionsOptions {
  subscriber: Subscriber
  hubs: Pick<ChannelHubs, 'join' | 'leave'>
  presence: Pick<Presence, 'enter' | 'leave'>
  /** Where a channel lies, by the name that a subscriber calls it; undefined for one that the subscriber may not read. */
  placeOf(channel: string): string | undefined
  /** Channels of one socket. */
  max: number
  log: Logger
}

/** The channels of one socket. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions
  /** Where each lies, by its name. */
  readonly #channels = new Map<string, string>()

  constructor(options: SubscriptionsOptions) {
    this.#options = options
  }

  /**
   * Joins a channel.
   * @param seated is called in the moment from which pushes may follow.
   * @returns why not, if so.
   */
  async add(
    channel: string,
    since: Position | undefined,
    seated: (joined: Joined) => void,
  ): Promise<ErrorReply | undefined> {
    const { subscriber, hubs, presence, placeOf, max } = this.#options
    const place = placeOf(channel)
    if (place === undefined) return errors.permissionDenied
    if (this.#channels.has(channel)) return errors.alreadySubscribed
    if (this.#channels.size >= max) return errors.limitExceeded
    this.#channels.set(channel, place)
    try {
      await hubs.join(place, subscriber, since, seated)
      // Left meanwhile: that leave may have come before the hub had a seat to take away.
      if (!this.#channels.has(channel)) hubs.leave(place, subscriber)
      else presence.enter(place, subscriber)
      return undefined
    } catch (error) {
      this.#channels.delete(channel)
      this.#report(channel, error)
      return errors.internal
    }
  }

  /** Leaves a channel; one that was never joined is left already. */
  remove(channel: string): void {
    const place = this.#channels.get(channel)
    if (place === undefined) return
    this.lost(channel)
    this.#options.hubs.leave(place, this.#options.subscriber)
  }

  removeAll(): void {
    for (const channel of this.#channels.keys()) this.remove(channel)
  }

  /** The hub has left the subscriber. */
  lost(channel: string): void {
    const place = this.#channels.get(channel)
    this.#channels.delete(channel)
    if (place !== undefined) this.#options.presence.leave(place, this.#options.subscriber)
  }

  #report(channel: string, error: unknown): void {
    const expected = error instanceof FeedAway || error instanceof ChannelLost
    if (!expected) this.#options.log.warn({ channel, err: error }, 'a channel cannot be read')
  }
}
