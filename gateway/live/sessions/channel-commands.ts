import type { Identity, Lease } from '../access/token-verifiers.ts'
import { TokenExpired, TokenInvalid } from '../access/refusals.ts'
import { channelFor, type Channel, type Right } from '../channels/namespaces.ts'
import { errors, type ErrorReply } from '../protocol/codes.ts'
import type { Command, HistoryCommand, SubscribeCommand } from '../protocol/commands.ts'
import type { Answer } from '../protocol/replies.ts'
import { expiryOf, subscribeResult } from './results.ts'
import type { SessionContext } from './session-context.ts'
import type { Subscriptions } from './subscriptions.ts'

export type ChannelCommand = Extract<
  Command,
  {
    kind: 'subscribe' | 'sub_refresh' | 'unsubscribe' | 'publish' | 'history' | 'presence' | 'presence_stats'
  }
>

/** What subscribers ask of Redis, if the channel's rules let them. */
type Question = Exclude<ChannelCommand, { kind: 'subscribe' | 'unsubscribe' | 'sub_refresh' }>

/** Who gives a command. */
export interface Asking {
  /** The connection's id. */
  client: string
  identity: Identity
  subscriptions: Subscriptions
  /** Sends an answer, in the moment from which pushes may follow. */
  reply(id: number, answer: Answer): void
}

type Context = Pick<
  SessionContext,
  | 'verifySubscription'
  | 'limiter'
  | 'publish'
  | 'history'
  | 'channelPresence'
  | 'channelOutage'
  | 'metrics'
  | 'log'
  | 'now'
>

/**
 * Does what a client asks for in a channel.
 * @throws CannotTell, as verifying a token does
 */
export async function answerInChannel(
  context: Context,
  asking: Asking,
  command: ChannelCommand,
): Promise<void> {
  const { subscriptions, reply } = asking
  const { id, channel } = command
  switch (command.kind) {
    case 'subscribe': {
      const error = await subscribe(context, asking, command)
      if (error) reply(id, { error })
      break
    }
    case 'sub_refresh':
      reply(id, await refresh(context, asking, command))
      break
    case 'unsubscribe':
      subscriptions.remove(channel)
      reply(id, { unsubscribe: {} })
      break
    default:
      reply(id, await answer(context, asking, command))
  }
}

async function subscribe(
  context: Context,
  { identity, subscriptions, reply }: Asking,
  { id, channel: name, since, token, joinLeave }: SubscribeCommand,
): Promise<ErrorReply | undefined> {
  const channel = channelFor(name, identity.listener)
  if (channel === undefined) return errors.permissionDenied
  const lease = token === '' ? undefined : await leaseOf(context, identity, name, token)
  if (lease && 'code' in lease) return lease
  if (channel.rules.subscribe === 'by token' && lease === undefined) return errors.permissionDenied
  return subscriptions.add(channel, { since, joinLeave, lease }, (joined) => {
    const expiry = lease === undefined ? {} : expiryOf(lease.expiresAt, context.now())
    reply(id, { subscribe: { ...subscribeResult(joined, context.metrics), ...expiry } })
  })
}

/** What a token says that gives a channel, or why it does not. */
async function leaseOf(
  { verifySubscription, log }: Context,
  identity: Identity,
  channel: string,
  token: string,
): Promise<Lease | ErrorReply> {
  try {
    return await verifySubscription(token, identity, channel)
  } catch (error) {
    if (error instanceof TokenExpired) return errors.tokenExpired
    if (!(error instanceof TokenInvalid)) throw error
    log.debug({ why: error.message }, 'refused a token for a channel')
    return errors.permissionDenied
  }
}

async function refresh(
  context: Context,
  { identity, subscriptions }: Asking,
  { channel, token }: Extract<Command, { kind: 'sub_refresh' }>,
): Promise<Answer> {
  if (subscriptions.get(channel) === undefined) return { error: errors.permissionDenied }
  const lease = await leaseOf(context, identity, channel, token)
  if (lease === errors.tokenExpired) return { error: errors.expired }
  if ('code' in lease) return { error: lease }
  subscriptions.prolong(channel, lease)
  return { sub_refresh: expiryOf(lease.expiresAt, context.now()) }
}

const rights: Readonly<Record<Question['kind'], Right>> = {
  publish: 'publish',
  history: 'history',
  presence: 'presence',
  presence_stats: 'presence',
}

/** What Redis answers, or that there is no answer while it is away. */
async function answer(context: Context, asking: Asking, question: Question): Promise<Answer> {
  const { identity, subscriptions } = asking
  const channel = channelFor(question.channel, identity.listener)
  if (channel === undefined) return { error: errors.permissionDenied }
  if (!channel.rules.subscribers.includes(rights[question.kind])) return { error: errors.notAvailable }
  if (subscriptions.get(question.channel) === undefined) return { error: errors.permissionDenied }
  try {
    const answered = await ask(context, asking, channel, question)
    context.channelOutage.succeeded()
    return answered
  } catch (error) {
    context.channelOutage.failed(error)
    return { error: errors.internal }
  }
}

async function ask(context: Context, asking: Asking, channel: Channel, question: Question): Promise<Answer> {
  switch (question.kind) {
    case 'publish':
      return publish(context, asking, channel, question.data)
    case 'history':
      return history(context, channel, question)
    case 'presence':
      return present(context, channel)
    case 'presence_stats':
      return { presence_stats: await context.channelPresence.stats(channel.place) }
  }
}

async function publish(
  context: Context,
  { client, identity }: Asking,
  { place, rules }: Channel,
  data: unknown,
): Promise<Answer> {
  if (!(await context.limiter.mayPublish(place))) return { error: errors.tooManyRequests }
  const info = { client, user: identity.listener }
  await context.publish(place, data, { history: rules.history, info })
  return { publish: {} }
}

async function history(context: Context, { place }: Channel, query: HistoryCommand): Promise<Answer> {
  const page = await context.history(place, query)
  return page === undefined ? { error: errors.unrecoverablePosition } : { history: page }
}

async function present({ channelPresence }: Context, { place }: Channel): Promise<Answer> {
  const presence = await channelPresence.clients(place)
  // Too many for one answer: their number can be asked for.
  return presence === undefined ? { error: errors.limitExceeded } : { presence: { presence } }
}
