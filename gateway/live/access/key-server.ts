import { type JWTVerifyGetKey, createRemoteJWKSet, customFetch, errors as joseErrors } from 'jose'
import type { Breaker } from '../breaker.ts'
import { CannotTell } from './refusals.ts'

/** Algorithms of tokens that are signed elsewhere; none of them knows a shared secret. */
export const keyServerAlgorithms: readonly string[] = ['ES256', 'RS256', 'EdDSA']

/** The public key that a token names. @throws CannotTell, or jose's error if there is none. */
export type KeySource = JWTVerifyGetKey

/** Until an answer is given up. */
const ANSWER_WITHIN_MS = 2_000

export interface KeyServerOptions {
  /** Of a JSON Web Key Set (RFC 7517). */
  url: URL
  /** Through which the server is asked. */
  breaker: Breaker
  /** Milliseconds between two looks for keys that are new or gone, made beside the tokens that come meanwhile. */
  lookEvery?: number
  /**
   * Milliseconds in which keys that nobody knows make no second look: whoever invents some would have us ask all the
   * time.
   */
  restFor?: number
  /** Milliseconds of a clock that does not leap. */
  now?: () => number
  /** Has it asked at once, and is told if that fails: a wrong address shows before the first token comes. */
  onNoKeys?(error: unknown): void
}

/**
 * Keys of a server, kept as long as it does not say otherwise: while it is away, what is signed by keys that are known
 * is read on. A key that nobody knows is looked for at once, and anew after a rest.
 */
export function keyServer(options: KeyServerOptions): KeySource {
  const { url, breaker, lookEvery = 600_000, restFor = 30_000, now = () => performance.now() } = options
  const { onNoKeys } = options
  let readAt = -Infinity
  // Fresh for ever, and never read anew by itself: jose would refuse keys that it has while their server is away, and rest by the date, which may be set back.
  const keys = createRemoteJWKSet(url, {
    timeoutDuration: ANSWER_WITHIN_MS,
    cooldownDuration: Infinity,
    cacheMaxAge: Infinity,
    [customFetch]: async (href, request) => {
      const response = await breaker(() => fetched(href, request))
      readAt = now()
      return response
    },
  })
  let lookedAt = now()
  if (onNoKeys) keys.reload().catch(onNoKeys)

  function lookAgain(): void {
    if (now() - lookedAt < lookEvery) return
    lookedAt = now()
    // That it fails, the breaker tells.
    keys.reload().catch(() => undefined)
  }

  return async function keyOf(header, token) {
    lookAgain()
    const before = readAt
    try {
      return await keys(header, token)
    } catch (error) {
      if (!isAnswer(error)) throw new CannotTell('no key for now', { cause: error })
      if (readAt === before && now() - before < restFor) throw new CannotTell('no key yet', { cause: error })
    }
    try {
      if (readAt === before) await keys.reload()
      return await keys(header, token)
    } catch (error) {
      throw isAnswer(error) ? error : new CannotTell('no key for now', { cause: error })
    }
  }
}

const answers = [
  joseErrors.JWKSNoMatchingKey,
  joseErrors.JWKSMultipleMatchingKeys,
  joseErrors.JOSENotSupported,
]

/** Whether the keys are there, and none of them is right. */
const isAnswer = (error: unknown): boolean => answers.some((answer) => error instanceof answer)

/** @throws for anything but a key set, so that it counts as a failure */
async function fetched(href: string, request: RequestInit): Promise<Response> {
  const response = await fetch(href, request)
  if (!response.ok) throw new Error(`the key server answers ${response.status}`)
  const set = (await response.json().catch(() => undefined)) as { keys?: unknown } | null | undefined
  if (!Array.isArray(set?.keys)) throw new Error('the key server answers with something else than a key set')
  return Response.json(set)
}
