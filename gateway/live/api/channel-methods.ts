import pLimit from 'p-limit'
import type { PseudonymOf } from '../../../schemas/pseudonym.ts'
import type { ReadHistory } from '../channels/history.ts'
import type { Channel } from '../channels/namespaces.ts'
import type { Position } from '../protocol/position.ts'
import type { Publish } from '../channels/publish.ts'
import { MOST_PRESENT, type ChannelPresence } from '../channels/channel-presence.ts'
import { errors, type ErrorReply } from '../protocol/codes.ts'
import { isTooDeep } from '../protocol/depth.ts'
import { ApiError, channelIn, nameIn, type Asked, type Methods } from './asked.ts'

export interface ChannelMethodsOptions {
  pseudonymOf: PseudonymOf
  publish: Publish
  history: ReadHistory
  channelPresence: Pick<ChannelPresence, 'clients' | 'stats'>
}

const MOST_CHANNELS = 1_000
/** Messages of a broadcast that are on their way to Redis: a thousand of the largest would hold up everybody, and none would be answered in time. */
const AT_ONCE = 16

/**
 * Channels, by the names that clients have for them; of a channel that each listener has (`me:…`) `user` or `listener`
 * says whose.
 *
 *     publish         { channel, data, idempotency_key? }        answers where it stands: { offset, epoch }
 *     broadcast       { channels, data, idempotency_key? }       to several: { responses: [{ result } | { error }] }
 *     history         { channel, limit?, since?, reverse? }      { publications, offset, epoch }; limit 0 (default): no publications
 *     presence        { channel }                                { presence: { CLIENT: { client, user } } }; user is the pseudonym
 *     presence_stats  { channel }                                { num_clients, num_users }
 */
export function channelMethods(options: ChannelMethodsOptions): Methods {
  const { pseudonymOf, history, channelPresence } = options
  return {
    publish: (asked) => publishTo(channelIn(asked, pseudonymOf), asked, options),

    async broadcast(asked, failed) {
      const { channels } = asked
      if (!Array.isArray(channels) || channels.length === 0 || channels.length > MOST_CHANNELS)
        throw new ApiError(errors.badRequest, `channels: a list of 1 to ${MOST_CHANNELS}`)
      const publish = async (name: unknown) => ({
        result: await publishTo(channelIn(asked, pseudonymOf, name), asked, options),
      })
      const errorOf = (error: unknown): { error: ErrorReply } => {
        if (error instanceof ApiError) return { error: error.reply }
        failed(error)
        return { error: errors.internal }
      }
      return { responses: await pLimit(AT_ONCE).map(channels, (name) => publish(name).catch(errorOf)) }
    },

    async history(asked) {
      const { limit = 0, reverse = false } = asked
      if (!Number.isSafeInteger(limit) || typeof reverse !== 'boolean')
        throw new ApiError(errors.badRequest, 'limit: a whole number, reverse: a boolean')
      const query = { limit: limit as number, reverse, since: sinceIn(asked) }
      const page = await history(channelIn(asked, pseudonymOf).place, query)
      if (page === undefined) throw new ApiError(errors.unrecoverablePosition)
      return page
    },

    async presence(asked) {
      const presence = await channelPresence.clients(withPresence(channelIn(asked, pseudonymOf)).place)
      if (presence === undefined)
        throw new ApiError(errors.limitExceeded, `more than ${MOST_PRESENT} clients: ask for presence_stats`)
      return { presence }
    },

    presence_stats: (asked) => channelPresence.stats(withPresence(channelIn(asked, pseudonymOf)).place),
  }
}

async function publishTo(
  { place, rules }: Channel,
  asked: Asked,
  { publish }: ChannelMethodsOptions,
): Promise<Position> {
  const { data } = asked
  if (data === undefined || isTooDeep(data)) throw new ApiError(errors.badRequest, 'data')
  const idempotencyKey = nameIn(asked, 'idempotency_key')
  const { offset, epoch } = await publish(place, data, {
    history: rules.history,
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  })
  return { offset, epoch }
}

function sinceIn({ since }: Asked): Position | undefined {
  if (since === undefined) return undefined
  const { offset, epoch } = (since ?? {}) as Partial<Record<string, unknown>>
  if (Number.isSafeInteger(offset) && (offset as number) >= 0 && typeof epoch === 'string')
    return { offset: offset as number, epoch }
  throw new ApiError(errors.badRequest, 'since: { offset, epoch }')
}

/** Who is in a channel is written down where its subscribers may see it alone. */
function withPresence(channel: Channel): Channel {
  if (channel.rules.subscribers.includes('presence')) return channel
  throw new ApiError(errors.notAvailable)
}
