import type { TestContext } from 'node:test'
import type { OutgoingEvent } from '../../gateway/live/listeners/rpc.ts'
import type { PushSubscription } from '../../schemas/events.ts'
import { type WebPushDevice, openSubscription } from '../../schemas/push-subscriptions.ts'
import { Redis } from 'ioredis'
import { type RecommendationsUpdate, channelOf, ownChannels, presenceKey } from '../../schemas/channels.ts'
import { topics } from '../../schemas/topics.ts'
import { testPublisher } from '../gateway/kit/publisher.ts'
import { services } from '../kit/services.ts'
import { type LivePageOptions, listenerOf, livePage, token } from './live-page.ts'

export interface ForYouPageOptions extends LivePageOptions {
  /** Who has the page open. Default: ada, with a token in the address. */
  user?: string
  /** Kafka takes nothing from the start. */
  isKafkaAway?: boolean
}

/** The live page, opened by a listener whose recommendations the test makes. */
export async function forYouPage(
  t: TestContext,
  { user = 'ada', isKafkaAway = false, ...options }: ForYouPageOptions,
) {
  const { redisUrl } = await services()
  const told: OutgoingEvent[] = []
  let kafkaIsAway = isKafkaAway
  const live = await livePage(t, {
    makesTokens: false,
    hash: `#token=${await token(3600, user)}`,
    ...options,
    async send(event) {
      if (kafkaIsAway) throw new Error('Kafka is away')
      told.push(event)
    },
  })
  const channel = channelOf(ownChannels.recommendations, listenerOf(user))
  const publisher = testPublisher({ redisUrl, keyPrefix: live.keyPrefix, channel, history: 1 })
  t.after(() => publisher.close())
  const redis = new Redis(redisUrl)
  t.after(() => redis.disconnect())
  let lists = 0

  return {
    ...live,
    panel: live.page.locator('#for-you'),
    /** Makes the listener's next list; returns its id. */
    async recommend(update: Partial<RecommendationsUpdate>): Promise<string> {
      const recommendationId = `${listenerOf(user)}.${++lists}`
      const now = Date.now()
      const made = { recommendationId, modelVersion: 'v1', items: [], madeAt: now, receivedAt: now }
      await publisher.publish({ ...made, ...update })
      return recommendationId
    },
    /** What has come of a topic so far, oldest first, without what the gateway adds to each. */
    told(
      topic: 'reactions' | 'recommendationsShown' | 'recommendationsClicked' | 'preferences' | 'pushOutcomes',
    ): Record<string, unknown>[] {
      return told
        .filter((event) => event.topic.name === topics[topic].name)
        .map(({ value }) => essence(value))
    },
    /** Devices that have been put or, as undefined, taken back, each by whom. */
    devicesTold: (): { listener: string; device: WebPushDevice | undefined }[] =>
      told
        .filter((event) => event.topic.name === topics.pushSubscriptions.name)
        .map(({ key, value }) => ({
          listener: key.slice(0, key.indexOf('.')),
          device: value === null ? undefined : openSubscription(live.pushKey, value as PushSubscription),
        })),
    kafkaIsAway(away: boolean): void {
      kafkaIsAway = away
    },
    /** Whether the push stage would find the listener looking at the page. */
    present: async (): Promise<boolean> =>
      (await redis.zcount(presenceKey(live.keyPrefix, listenerOf(user)), Date.now(), '+inf')) > 0,
    publishAnything: (data: unknown) => publisher.publish(data),
  }
}

function essence(value: unknown): Record<string, unknown> {
  const {
    eventId: _,
    reactedAt,
    shownAt,
    clickedAt,
    changedAt,
    at,
    ...rest
  } = value as Record<string, unknown>
  if (![reactedAt, shownAt, clickedAt, changedAt, at].some(Number.isFinite))
    throw new Error('an event without its time')
  return rest
}
