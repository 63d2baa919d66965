import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import type { RecommendationsUpdate } from '../../../schemas/channels.ts'
import { isPreferenceName, preferenceForms } from '../../../schemas/preferences.ts'
import {
  deviceIdOf,
  isEndpoint,
  isWebPushDevice,
  sealSubscription,
  subscriptionKey,
} from '../../../schemas/push-subscriptions.ts'
import { isReactionKind } from '../../../schemas/reactions.ts'
import type { SealingKey } from '../../../schemas/seal.ts'
import { isText } from '../../../schemas/text.ts'
import type { Topic } from '../../../schemas/topic.ts'
import { topics } from '../../../schemas/topics.ts'
import type { Identity } from '../access/token-verifiers.ts'
import { isLeftAlone } from '../breaker.ts'
import { Outage } from '../outage.ts'
import { type ErrorReply, errors } from '../protocol/codes.ts'

/** An event for Kafka. */
export interface OutgoingEvent {
  topic: Topic<unknown>
  key: string
  /** As the topic has it; null takes back what is there under the key. */
  value: unknown
}

/** Resolves once Kafka has the event. @throws if it could not be written: whoever sent it may try again. */
export type SendEvent = (event: OutgoingEvent) => Promise<void>

/** Does what a listener asks for. Answers why not, if so. */
export type Rpc = (identity: Identity, method: string, data: unknown) => Promise<ErrorReply | undefined>

export interface RpcOptions {
  send: SendEvent
  /** The list that a listener has at this moment, if there is one. @throws while that cannot be known */
  listOf(listener: string): Promise<RecommendationsUpdate | undefined>
  /** Seals subscriptions. */
  pushKey: SealingKey
  log: Logger
  /** Milliseconds since 1970. */
  now(): number
}

type Asked = Readonly<Record<string, unknown>>

type Told = OutgoingEvent | undefined

/** What becomes of a call, or undefined if it has not the form that it must have. Who is speaking is known by the token alone. */
type Method = (
  asked: Asked,
  identity: Identity,
  about: { now: number } & Pick<RpcOptions, 'pushKey' | 'listOf'>,
) => Told | Promise<Told>

const SOURCE = 'app'
const surfaces = ['page', 'notification'] as const

/**
 * What a listener can tell:
 *
 *     reaction     { artistId, kind: 'like' | 'unlike' | 'skip', trackId? }             an opinion of an artist
 *     preference   { name, value }                                                      a setting, as `schemas/preferences.ts` has them
 *     feedback     { event: 'shown', recommendationId, artistIds, surface? }             the newest list has come to a screen
 *                  { event: 'clicked', recommendationId, artistId, rank, surface? }      somebody has been chosen from it; of a page or a notification
 *                  { event: 'opened', notificationId }                               a notification has been clicked
 *     subscription { put: PushSubscription }                                            a browser that takes pushes, or takes them still
 *                  { delete: endpoint }                                              it takes no more
 */
const methods: Readonly<Record<string, Method>> = {
  reaction({ artistId, kind, trackId = null }, { userId }, { now: reactedAt }) {
    if (!isName(artistId) || typeof kind !== 'string' || !isReactionKind(kind)) return undefined
    if (trackId !== null && !isName(trackId)) return undefined
    return event(topics.reactions, userId, {
      eventId: randomUUID(),
      userId,
      artistId,
      trackId,
      kind,
      reactedAt,
      source: SOURCE,
      sessionId: null,
      comment: null,
    })
  },

  preference({ name, value: given }, { userId }, { now: changedAt }) {
    if (typeof name !== 'string' || typeof given !== 'string' || !isPreferenceName(name)) return undefined
    const value = preferenceForms[name](given)
    if (value === undefined) return undefined
    return event(topics.preferences, userId, {
      eventId: randomUUID(),
      userId,
      name,
      value,
      changedAt,
      source: SOURCE,
    })
  },

  async feedback({ event: what, notificationId, ...about }, { listener }, { now, listOf }) {
    if (what === 'opened') return opened(notificationId, listener, now)
    const list = await listOf(listener)
    if (list === undefined || about['recommendationId'] !== list.recommendationId) return undefined
    const { recommendationId, modelVersion } = list
    const surface = surfaces.find((each) => each === about['surface']) ?? ('unknown' as const)
    const told = { eventId: randomUUID(), listener, recommendationId, modelVersion, surface }
    const ids = list.items.map((item) => item.artistId)
    const { artistIds, artistId, rank } = about
    if (what === 'shown') {
      if (!isPartOf(artistIds, ids)) return undefined
      return event(topics.recommendationsShown, listener, { ...told, artistIds, shownAt: now })
    }
    if (what !== 'clicked' || typeof artistId !== 'string' || typeof rank !== 'number') return undefined
    if (ids[rank - 1] !== artistId) return undefined
    return event(topics.recommendationsClicked, listener, { ...told, artistId, rank, clickedAt: now })
  },

  subscription({ put: device, delete: endpoint }, { listener }, { now: changedAt, pushKey }) {
    const topic = topics.pushSubscriptions
    if (device === undefined) {
      if (!isEndpoint(endpoint)) return undefined
      return { topic, key: subscriptionKey(listener, deviceIdOf(endpoint)), value: null }
    }
    if (endpoint !== undefined || !isWebPushDevice(device)) return undefined
    const value = sealSubscription(pushKey, { listener, device, changedAt })
    return event(topic, subscriptionKey(listener, value.deviceId), value)
  },
}

/** Of nobody else's notification. */
function opened(notificationId: unknown, listener: string, at: number): OutgoingEvent | undefined {
  if (!isName(notificationId) || !notificationId.startsWith(`${listener}.`)) return undefined
  return event(topics.pushOutcomes, listener, {
    eventId: randomUUID(),
    notificationId,
    listener,
    deviceId: null,
    outcome: 'clicked',
    reason: null,
    status: null,
    attempt: 0,
    at,
  })
}

/** The calls of this gateway. */
export function rpc({ send, pushKey, listOf, log, now }: RpcOptions): Rpc {
  const outage = new Outage(log, {
    begins: 'what listeners tell is not taken: Kafka, or Redis, does not answer',
    ends: 'what listeners tell is taken again',
  })
  return async (identity, method, data) => {
    const known = Object.hasOwn(methods, method) ? methods[method] : undefined
    if (known === undefined) return errors.methodNotFound
    if (!isObject(data)) return errors.badRequest
    try {
      const outgoing = await known(data, identity, { now: now(), pushKey, listOf })
      if (outgoing === undefined) return errors.badRequest
      await send(outgoing)
      outage.succeeded()
      return undefined
    } catch (error) {
      // Of what is left alone the breaker has told.
      if (!isLeftAlone(error)) outage.failed(error)
      return errors.internal
    }
  }
}

const event = <V>(topic: Topic<V>, key: string, value: V): OutgoingEvent => ({ topic, key, value })

const isObject = (value: unknown): value is Asked =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Whether it is some of these. */
const isPartOf = (some: unknown, all: readonly string[]): some is string[] =>
  Array.isArray(some) && some.length <= all.length && some.every((each) => all.includes(each as string))

const isName = (value: unknown): value is string => typeof value === 'string' && isText(value)
