import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import { channelKeys } from '../../../schemas/channels.ts'
import { ChannelHub, type HubSettings, type Joined, type Subscriber } from './channel-hub.ts'
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
  #check: NodeJS.Timeout | undefined

  constructor(options: ChannelHubsOptions) {
    this.#options = options
    const { log, encode, onFanOut } = options
    const stream: HubSettings = { log, encode, onFanOut, onLost: (hub) => this.#lost(hub) }
    this.#settings = { stream, latest: { ...stream, newestIsEnough: true } }
  }

  /** Listens to Redis, which may connect from here on. */
  start(): void {
    const { feed, commands, positionCheckEvery } = this.#options
    feed.on('message', (feedName: string, text: string) => this.#receive(feedName, text))
    feed.on('ready', () => this.#listenAgain())
    // Whichever comes back last finds what was missed.
    commands.on('ready', () => this.#catchUpAll())
    this.#check = setInterval(() => this.#catchUpAll(), positionCheckEvery)
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
    } finally {
      open.joining--
      this.#closeIfEmpty(channel, open)
    }
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
    for (const open of this.#open.values()) {
      open.listening = feed.subscribe(open.feedName)
      open.listening.then(
        () => this.#redisAnswers() && this.#catchUp(open.hub),
        (error: unknown) => {
          logger.warn({ err: error }, 'could not listen to a channel again, connecting to redis anew')
          // A connection that answers and does not listen would look well and be deaf.
          feed.disconnect(true)
        },
      )
    }
  }

  #catchUpAll(): void {
    if (!this.#redisAnswers()) return
    for (const { hub } of this.#open.values()) this.#catchUp(hub)
  }

  #redisAnswers(): boolean {
    return this.#options.feed.status === 'ready' && this.#options.commands.status === 'ready'
  }

  #catchUp(hub: ChannelHub): void {
    hub.catchUp().catch((error: unknown) => {
      this.#options.logger.warn({ err: error }, 'could not catch up with a channel, trying again')
    })
  }
}
