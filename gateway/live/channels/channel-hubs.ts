import type { Logger } from 'pino'
import { channelKeys } from '../../../schemas/channels.ts'
import { type RedisClient, onServerBack } from '../../../schemas/redis-servers.ts'
import { type Feed, FeedAway } from '../feed.ts'
import { Outage } from '../outage.ts'
import type { Position } from '../protocol/position.ts'
import { ChannelHub, ChannelLost, type HubSettings, type Joined, type Subscriber } from './channel-hub.ts'
import { heardMessage } from './heard-message.ts'
import { type Namespace, rulesOfPlace } from './namespaces.ts'

export interface ChannelHubsOptions extends Pick<HubSettings, 'log' | 'encode' | 'onFanOut'> {
  feed: Feed
  /** The connection that `log` asks. */
  commands: RedisClient
  keyPrefix: string
  /** Milliseconds between two looks whether Pub/Sub lost something without breaking. */
  positionCheckEvery: number
  logger: Logger
}

/** All positions are looked at in so many parts, one after the other. */
const PARTS = 10
/** Channels whose logs are read at the same time. */
const AT_ONCE = 100

interface OpenChannel {
  hub: ChannelHub
  feedName: string
  /** Subscribers on their way into the hub: it stays open for them. */
  joining: number
}

/** All channels that have a subscriber on this node, each with one Redis subscription. */
export class ChannelHubs {
  readonly #options: ChannelHubsOptions
  readonly #settings: Record<Namespace['keeps'], HubSettings>
  /** By place. */
  readonly #open = new Map<string, OpenChannel>()
  readonly #byFeedName = new Map<string, OpenChannel>()
  readonly #outage: Outage
  #check: NodeJS.Timeout | undefined
  /** Goes round all channels, to look at their positions. */
  #round = this.#open.values()
  /** Channels to be looked at next, and a part of one. */
  #due = 0
  /** Channels that may have missed something. */
  readonly #behind = new Set<OpenChannel>()
  #readers = 0

  constructor(options: ChannelHubsOptions) {
    this.#options = options
    const { log, encode, onFanOut } = options
    const stream: HubSettings = { log, encode, onFanOut, onLost: (hub) => this.#close(hub) }
    this.#settings = { stream, latest: { ...stream, newestIsEnough: true } }
    this.#outage = new Outage(options.logger, {
      begins: 'the log of a channel cannot be read, trying again',
      ends: 'the logs of channels are read again',
    })
  }

  /** Listens to Redis, which may connect from here on. */
  start(): void {
    const { feed, commands, positionCheckEvery } = this.#options
    feed.on('message', (feedName, text) => this.#receive(feedName, text))
    feed.on('again', (feedName) => {
      const open = this.#byFeedName.get(feedName)
      if (open) this.#catchUp([open])
    })
    // Whichever comes back last finds what was missed.
    onServerBack(commands, () => this.#catchUp(this.#open.values()))
    this.#check = setInterval(() => this.#catchUp(this.#nextPart()), positionCheckEvery / PARTS)
  }

  /** Of all channels. */
  get subscriptions(): number {
    return this.#open.values().reduce((sum, { hub }) => sum + hub.subscribers, 0)
  }

  /**
   * Makes the subscriber one of the channel at a place, from `since` on if it asks for that.
   * @throws FeedAway, ChannelLost, or a Redis error: the subscriber may try again in a moment.
   */
  async join(
    place: string,
    subscriber: Subscriber,
    since: Position | undefined,
    seated: (joined: Joined) => void,
    joinLeave = false,
  ): Promise<void> {
    const { feed, keyPrefix } = this.#options
    const feedName = channelKeys(keyPrefix, place).publish
    if (!this.#redisAnswers(feedName)) throw new FeedAway()
    const open = this.#open.get(place) ?? this.#openChannel(place, feedName)
    open.joining++
    try {
      await feed.listen(feedName)
      await open.hub.join(subscriber, since, seated, joinLeave)
      this.#outage.succeeded()
    } catch (error) {
      if (!(error instanceof ChannelLost)) this.#outage.failed(error)
      throw error
    } finally {
      open.joining--
      this.#closeIfEmpty(open)
    }
  }

  /**
   * Has a channel begin that was never published to, for subscribers who have to know its epoch from the first moment on. Who is in it already comes
   * again to learn that.
   * @throws a Redis error
   */
  async begin(place: string): Promise<void> {
    await this.#options.log.begin(place)
    await this.#open.get(place)?.hub.catchUp()
  }

  leave(place: string, subscriber: Subscriber): void {
    const open = this.#open.get(place)
    if (!open) return
    open.hub.leave(subscriber)
    this.#closeIfEmpty(open)
  }

  stop(): void {
    clearInterval(this.#check)
  }

  #openChannel(place: string, feedName: string): OpenChannel {
    const hub = new ChannelHub(place, this.#settings[rulesOfPlace(place)?.keeps ?? 'stream'])
    const open: OpenChannel = { hub, feedName, joining: 0 }
    this.#open.set(place, open)
    this.#byFeedName.set(feedName, open)
    return open
  }

  #closeIfEmpty({ hub, joining }: OpenChannel): void {
    if (hub.subscribers + joining === 0) this.#close(hub)
  }

  #close(hub: ChannelHub): void {
    const open = this.#open.get(hub.place)
    // It may be closed already, and the channel open anew.
    if (open?.hub !== hub) return
    this.#open.delete(hub.place)
    this.#byFeedName.delete(open.feedName)
    this.#options.feed.leave(open.feedName)
  }

  #receive(feedName: string, text: string): void {
    const hub = this.#byFeedName.get(feedName)?.hub
    // Of a channel that was closed a moment ago, or of somebody else who listens on this connection.
    if (hub === undefined) return
    const message = heardMessage(text)
    if (message && 'data' in message) hub.receive(message)
    else if (message) hub.notice(message)
    else this.#options.logger.warn({ feedName }, 'ignored a Pub/Sub message that is none of a channel')
  }

  #redisAnswers(feedName: string): boolean {
    const { feed, commands } = this.#options
    return feed.hears(feedName) && commands.status === 'ready'
  }

  /** So many that all have had their turn after one period. */
  #nextPart(): OpenChannel[] {
    const part: OpenChannel[] = []
    for (this.#due += this.#open.size / PARTS; this.#due >= 1; this.#due--) {
      let next = this.#round.next()
      if (next.done) next = (this.#round = this.#open.values()).next()
      if (!next.done) part.push(next.value)
    }
    return part
  }

  /** Has read what these may have missed, of not too many at the same time. */
  #catchUp(some: Iterable<OpenChannel>): void {
    for (const open of some) this.#behind.add(open)
    while (this.#readers < AT_ONCE && this.#behind.size > 0) void this.#readOn()
  }

  async #readOn(): Promise<void> {
    this.#readers++
    for (const open of this.#behind) {
      this.#behind.delete(open)
      if (!this.#redisAnswers(open.feedName)) continue
      await open.hub.catchUp().then(
        () => this.#outage.succeeded(),
        (error: unknown) => this.#outage.failed(error),
      )
    }
    this.#readers--
  }
}
