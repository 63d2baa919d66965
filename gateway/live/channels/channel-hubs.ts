import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import { channelKeys } from '../../../schemas/channels.ts'
import { messageOf } from '../errors.ts'
import { Outage } from '../outage.ts'
import { ChannelHub, ChannelLost, type HubSettings, type Joined, type Subscriber } from './channel-hub.ts'
import { publishedMessage } from './channel-log.ts'
import { type Namespace, rulesOfPlace } from './namespaces.ts'
import type { Position } from './position.ts'

export interface ChannelHubsOptions extends Pick<HubSettings, 'log' | 'encode' | 'onFanOut'> {
  /** A connection of its own: it listens and asks nothing else. */
  feed: Redis
  /** The connection that `log` asks. */
  commands: Redis
  keyPrefix: string
  /** Milliseconds between two looks whether Pub/Sub lost something without breaking. */
  positionCheckEvery: number
  logger: Logger
}

/** Redis is away: nobody can join a channel right now. */
export class FeedAway extends Error {
  override readonly name = 'FeedAway'
}

/** All positions are looked at in so many parts, one after the other. */
const PARTS = 10
/** Channels whose logs are read at the same time. */
const AT_ONCE = 100

interface OpenChannel {
  hub: ChannelHub
  feedName: string
  /** Settles when Redis sends us what is published; renewed after each reconnection. */
  listening: Promise<unknown>
  /** Subscribers on their way into the hub: it stays open for them. */
  joining: number
}

/** All channels that have a subscriber on this node, each with one Redis subscription. */
export class ChannelHubs {
  readonly #options: ChannelHubsOptions
  readonly #settings: Record<Namespace['keeps'], HubSettings>
  readonly #open = new Map<string, OpenChannel>()
  readonly #byFeedName = new Map<string, ChannelHub>()
  readonly #outage: Outage
  #check: NodeJS.Timeout | undefined
  /** Goes round all channels, to look at their positions. */
  #round = this.#open.values()
  /** Channels to be looked at next, and a part of one. */
  #due = 0

  constructor(options: ChannelHubsOptions) {
    this.#options = options
    const { log, encode, onFanOut } = options
    const stream: HubSettings = { log, encode, onFanOut, onLost: (hub) => this.#lost(hub) }
    this.#settings = { stream, latest: { ...stream, newestIsEnough: true } }
    this.#outage = new Outage(options.logger, {
      begins: 'the log of a channel cannot be read, trying again',
      ends: 'the logs of channels are read again',
    })
  }

  /** Listens to Redis, which may connect from here on. */
  start(): void {
    const { feed, commands, positionCheckEvery } = this.#options
    feed.on('message', (feedName: string, text: string) => this.#receive(feedName, text))
    feed.on('ready', () => this.#listenAgain())
    // Whichever comes back last finds what was missed.
    commands.on('ready', () => void this.#catchUp(this.#open.values()))
    this.#check = setInterval(() => void this.#catchUp(this.#nextPart()), positionCheckEvery / PARTS)
  }

  /** Of all channels. */
  get subscriptions(): number {
    return this.#open.values().reduce((sum, { hub }) => sum + hub.subscribers, 0)
  }

  /**
   * Makes the subscriber one of the channel, from `since` on if it asks for that.
   * @throws FeedAway, ChannelLost, or a Redis error: the subscriber may try again in a moment.
   */
  async join(
    channel: string,
    subscriber: Subscriber,
    since: Position | undefined,
    seated: (joined: Joined) => void,
    joinLeave = false,
  ): Promise<void> {
    if (!this.#redisAnswers()) throw new FeedAway()
    const open = this.#open.get(channel) ?? this.#openChannel(channel)
    open.joining++
    try {
      await open.listening
      await open.hub.join(subscriber, since, seated, joinLeave)
      this.#outage.succeeded()
    } catch (error) {
      if (!(error instanceof ChannelLost)) this.#outage.failed(error)
      throw error
    } finally {
      open.joining--
      this.#closeIfEmpty(channel, open)
    }
  }

  /**
   * Has a channel begin that was never published to: subscribers who have to know its epoch from the first moment on. Who is in it already comes again to
   * learn that. @throws a Redis error
   */
  async begin(channel: string): Promise<void> {
    await this.#options.log.begin(channel)
    await this.#open.get(channel)?.hub.catchUp()
  }

  leave(channel: string, subscriber: Subscriber): void {
    const open = this.#open.get(channel)
    if (!open) return
    open.hub.leave(subscriber)
    this.#closeIfEmpty(channel, open)
  }

  stop(): void {
    clearInterval(this.#check)
  }

  #openChannel(channel: string): OpenChannel {
    const { feed, keyPrefix } = this.#options
    const feedName = channelKeys(keyPrefix, channel).publish
    const hub = new ChannelHub(channel, this.#settings[rulesOfPlace(channel)?.keeps ?? 'stream'])
    const open: OpenChannel = { hub, feedName, listening: feed.subscribe(feedName), joining: 0 }
    this.#open.set(channel, open)
    this.#byFeedName.set(feedName, hub)
    return open
  }

  #closeIfEmpty(channel: string, open: OpenChannel): void {
    if (open.hub.subscribers + open.joining === 0) this.#close(channel, open)
  }

  #lost(hub: ChannelHub): void {
    const open = this.#open.get(hub.place)
    // It may be closed already, and the channel open anew.
    if (open?.hub === hub) this.#close(hub.place, open)
  }

  #close(channel: string, open: OpenChannel): void {
    if (this.#open.get(channel) !== open) return
    this.#open.delete(channel)
    this.#byFeedName.delete(open.feedName)
    // On one connection in order: a channel that opens again right away ends up subscribed.
    this.#options.feed.unsubscribe(open.feedName).catch(() => undefined)
  }

  #receive(feedName: string, text: string): void {
    const hub = this.#byFeedName.get(feedName)
    // Of a channel that was closed a moment ago, or of somebody else who listens on this connection.
    if (hub === undefined) return
    const message = publishedMessage(text)
    if (message && 'data' in message) hub.receive(message)
    else if (message) hub.notice(message)
    else this.#options.logger.warn({ feedName }, 'ignored a Pub/Sub message that is none of a channel')
  }

  /** After a reconnection Redis knows nothing of us, and what was published meanwhile is in the log only. */
  #listenAgain(): void {
    const { feed, logger } = this.#options
    for (const open of this.#open.values()) open.listening = feed.subscribe(open.feedName)
    Promise.all(this.#open.values().map(({ listening }) => listening)).then(
      () => this.#catchUp(this.#open.values()),
      (error: unknown) => {
        logger.warn(
          { why: messageOf(error) },
          'could not listen to a channel again, connecting to redis anew',
        )
        // A connection that answers and does not listen would look well and be deaf.
        feed.disconnect(true)
      },
    )
  }

  #redisAnswers(): boolean {
    return this.#options.feed.status === 'ready' && this.#options.commands.status === 'ready'
  }

  /** So many that all have had their turn after one period. */
  #nextPart(): IterableIterator<OpenChannel> {
    const part: OpenChannel[] = []
    for (this.#due += this.#open.size / PARTS; this.#due >= 1; this.#due--) {
      let next = this.#round.next()
      if (next.done) next = (this.#round = this.#open.values()).next()
      if (!next.done) part.push(next.value)
    }
    return part.values()
  }

  /** Reads what these may have missed, of not too many at the same time. */
  async #catchUp(channels: IterableIterator<OpenChannel>): Promise<void> {
    const readOn = async () => {
      for (const { hub } of channels) {
        if (!this.#redisAnswers()) return
        await hub.catchUp().then(
          () => this.#outage.succeeded(),
          (error: unknown) => this.#outage.failed(error),
        )
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, readOn))
  }
}
