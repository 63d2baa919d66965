import { ownChannels } from '../../../schemas/channels.ts'
import { isPseudonym, type PseudonymOf } from '../../../schemas/pseudonym.ts'
import { channelFor, type Channel } from '../channels/namespaces.ts'
import { errors, type ErrorReply } from '../protocol/codes.ts'

/** A call that is refused, by the code of the protocol. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly reply: ErrorReply

  /** @param detail for whoever writes the caller: what is wrong with what was asked */
  constructor(reply: ErrorReply, detail?: string) {
    super(detail ?? reply.message)
    this.reply = detail === undefined ? reply : { ...reply, message: `${reply.message}: ${detail}` }
  }
}

/** The body of a call. */
export type Asked = Readonly<Record<string, unknown>>

/** What each method answers. It tells what has kept Redis from a part of it. @throws ApiError, or what keeps Redis away */
export type Methods = Readonly<Record<string, (asked: Asked, failed: (error: unknown) => void) => unknown>>

const LONGEST_NAME = 255

/** Halves of a character are refused: as UTF-8 all of them are the same, and two names would be one. */
export const isName = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= LONGEST_NAME && value.isWellFormed()

/** The text of that name, if there is one. @throws ApiError if it is something else */
export function nameIn(asked: Asked, name: string): string | undefined {
  const value = asked[name]
  if (value === undefined || isName(value)) return value
  throw new ApiError(errors.badRequest, `${name}: a text of 1 to ${LONGEST_NAME} characters`)
}

/** Whose the call is about: the pseudonym, which may be said by the user id. @throws ApiError if it does not say */
export function listenerIn(asked: Asked, pseudonymOf: PseudonymOf): string {
  const [user, listener] = [nameIn(asked, 'user'), nameIn(asked, 'listener')]
  if (user !== undefined && listener === undefined) return pseudonymOf(user)
  if (listener !== undefined && user === undefined) {
    // A user id said here would lie in Redis as it is.
    if (isPseudonym(listener)) return listener
    throw new ApiError(errors.badRequest, 'listener: a pseudonym; an id that tokens have is said by user')
  }
  throw new ApiError(errors.badRequest, 'say whose by user, or by listener')
}

const listenersOwn = new Set<string>(Object.values(ownChannels))

/**
 * The channel of that name; of one that each listener has, theirs whom the call names.
 * @throws ApiError if there is none
 */
export function channelIn(asked: Asked, pseudonymOf: PseudonymOf, name = asked['channel']): Channel {
  if (!isName(name)) throw new ApiError(errors.badRequest, 'channel')
  const channel = channelFor(name, listenersOwn.has(name) ? listenerIn(asked, pseudonymOf) : '')
  if (channel === undefined) throw new ApiError(errors.unknownChannel)
  return channel
}
