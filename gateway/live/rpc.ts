import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { isPreferenceName, preferenceForms } from '../../schemas/preferences.ts'
import {
  deviceIdOf,
  isWebPushDevice,
  sealSubscription,
  subscriptionKey,
} from '../../schemas/push-subscriptions.ts'
import { isReactionKind } from '../../schemas/reactions.ts'
import type { SealingKey } from '../../schemas/seal.ts'
import { isText } from '../../schemas/text.ts'
import type { Topic } from '../../schemas/topic.ts'
import { topics } from '../../schemas/topics.ts'
import type { Identity } from './auth.ts'
import { type ErrorReply, errors } from './codes.ts'

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
  /** Seals subscriptions. */
  pushKey: SealingKey
  log: Logger
  /** Milliseconds since 1970. */
  now(): number
}

type Asked = Readonly<Record<string, unknown>>

/** What becomes of a call, or undefined if it has not the form that it must have. Who is speaking is known by the token alone. */
type Method = (
  asked: Asked,
  identity: Identity,
  about: { now: number; pushKey: SealingKey },
) => OutgoingEvent | undefined

const SOURCE = 'app'
const LONGEST_LIST = 100
const surfaces = ['page', 'notification'] as const

/**
 * What a listener can tell:
 *
 *     reaction     { artistId, kind: 'like' | 'unlike' | 'skip', trackId? }             an opinion of an artist
 *     preference   { name, value }                                                      a setting, as `schemas/preferences.ts` has them
 *     feedback     { event: 'shown', recommendationId, modelVersion, artistIds,
 *                    surface?: 'page' | 'notification' }                             a list has come to a screen
 *                  { event: 'clicked', recommendationId, modelVersion, artistId, rank } somebody has been chosen from it
 *                  { event: 'opened', notificationId }                               a notification has been clicked
 *     subscription { put: PushSubscription }                                            a browser that takes pushes, or takes them still
 *                  { delete: endpoint }                                              it takes no more
 */
const methods: Readonly<Record<string, Method>> = {
  reaction({ artistId, kind, trackId = null }, { userId }, { now: reactedAt }) {
    if (!isName(artistId) || typeof kind !== 'string' || !isReactionKind(kind)) return undefined
    if (trackId !== null && !isName(trackId)) return undefined
    return event(topics.reactions, userId, {
      ...{ eventId: randomUUID(), userId, artistId, trackId, kind, reactedAt, source: SOURCE },
      ...{ sessionId: null, comment: null },
    })
  },

  preference({ name, value: given }, { userId }, { now: changedAt }) {
    if (typeof name !== 'string' || typeof given !== 'string' || !isPreferenceName(name)) return undefined
    const value = preferenceForms[name](given)
    if (value === undefined) return undefined
    return event(topics.preferences, userId, {
      ...{ eventId: randomUUID(), userId, name, value, changedAt, source: SOURCE },
    })
  },

  feedback({ event: what, recommendationId, modelVersion, ...rest }, { listener }, { now }) {
    if (what === 'opened') return opened(rest['notificationId'], listener, now)
    if (!isName(recommendationId) || !isName(modelVersion)) return undefined
    // Of nobody else's list.
    if (!recommendationId.startsWith(`${listener}.`)) return undefined
    const surface = surfaces.find((each) => each === rest['surface']) ?? ('unknown' as const)
    const told = { eventId: randomUUID(), listener, recommendationId, modelVersion, surface }
    if (what === 'shown') {
      const { artistIds } = rest
      if (!Array.isArray(artistIds) || artistIds.length > LONGEST_LIST || !artistIds.every(isName))
        return undefined
      return event(topics.recommendationsShown, listener, { ...told, artistIds, shownAt: now })
    }
    const { artistId, rank } = rest
    if (what !== 'clicked' || !isName(artistId) || !isRank(rank)) return undefined
    return event(topics.recommendationsClicked, listener, { ...told, artistId, rank, clickedAt: now })
  },

  subscription({ put: device, delete: endpoint }, { listener }, { now: changedAt, pushKey }) {
    const topic = topics.pushSubscriptions
    if (typeof endpoint === 'string' && device === undefined)
      return { topic, key: subscriptionKey(listener, deviceIdOf(endpoint)), value: null }
    if (!isWebPushDevice(device)) return undefined
    const value = sealSubscription(pushKey, { listener, device, changedAt })
    return event(topic, subscriptionKey(listener, value.deviceId), value)
  },
}

/** Of nobody else's notification. */
function opened(notificationId: unknown, listener: string, at: number): OutgoingEvent | undefined {
  if (!isName(notificationId) || !notificationId.startsWith(`${listener}.`)) return undefined
  return event(topics.pushOutcomes, listener, {
    ...{ eventId: randomUUID(), notificationId, listener, deviceId: null },
    ...{ outcome: 'clicked', reason: null, status: null, attempt: 0, at },
  })
}

/** The calls of this gateway. */
export function rpc({ send, pushKey, log, now }: RpcOptions): Rpc {
  return async (identity, method, data) => {
    const known = Object.hasOwn(methods, method) ? methods[method] : undefined
    if (known === undefined) return errors.methodNotFound
    if (!isObject(data)) return errors.badRequest
    const outgoing = known(data, identity, { now: now(), pushKey })
    if (outgoing === undefined) return errors.badRequest
    try {
      await send(outgoing)
      return undefined
    } catch (error) {
      log.warn({ err: error, method }, 'Kafka does not take what a listener has told')
      return errors.internal
    }
  }
}

const event = <V>(topic: Topic<V>, key: string, value: V): OutgoingEvent => ({ topic, key, value })

const isObject = (value: unknown): value is Asked =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isName = (value: unknown): value is string => typeof value === 'string' && isText(value)

const isRank = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= LONGEST_LIST
