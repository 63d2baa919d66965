import type { Identity } from '../access/token-verifiers.ts'
import { channelFor } from '../channels/namespaces.ts'
import type { Position } from '../protocol/position.ts'
import { errors, type ErrorReply } from '../protocol/codes.ts'
import type { Reply, SubscribeResult } from '../protocol/replies.ts'
import { subscribeResult } from './results.ts'
import type { SessionContext } from './session-context.ts'
import type { Subscriptions } from './subscriptions.ts'

/**
 * Joins the channels that a connection's token names, each from the client's position if it has one.
 * @returns where the client starts in each, or undefined if that cannot be told right now
 */
export async function joinNamed(
  { metrics, log }: Pick<SessionContext, 'metrics' | 'log'>,
  subscriptions: Subscriptions,
  { listener, channels = [] }: Identity,
  positions: ReadonlyMap<string, Position>,
): Promise<Record<string, SubscribeResult> | undefined> {
  const subs: Record<string, SubscribeResult> = {}
  for (const name of channels) {
    const channel = channelFor(name, listener)
    const joining = { since: positions.get(name), byServer: true }
    const refused =
      channel === undefined
        ? errors.permissionDenied
        : await subscriptions.add(channel, joining, (joined) => {
            subs[name] = subscribeResult(joined, metrics)
          })
    if (refused === errors.internal) return undefined
    if (refused) log.warn({ code: refused.code }, 'a token names a channel that its listener cannot have')
  }
  return subs
}

/**
 * Joins a channel for a client that is connected, and tells it. The channel begins if it never has: at its first
 * message its client would have to connect anew to learn the epoch, and would not be in it then.
 * @returns why not, if so
 */
export async function joinNow(
  { hubs }: Pick<SessionContext, 'hubs'>,
  subscriptions: Subscriptions,
  { listener }: Identity,
  name: string,
  send: (reply: Reply) => void,
): Promise<ErrorReply | undefined> {
  const channel = channelFor(name, listener)
  if (channel === undefined) return errors.permissionDenied
  const begun = await hubs.begin(channel.place).then(
    () => true,
    () => false,
  )
  if (!begun) return errors.internal
  return subscriptions.add(channel, { byServer: true }, ({ epoch, offset, publications }) => {
    const subscribe = { recoverable: true, positioned: true, epoch, offset } as const
    send({ push: { channel: name, subscribe } })
    for (const pub of publications) send({ push: { channel: name, pub } })
  })
}
