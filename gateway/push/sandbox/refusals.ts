import type { IncomingHttpHeaders } from 'node:http'
import { webcrypto } from 'node:crypto'
import { type JWTPayload, jwtVerify } from 'jose'
import { LRUCache } from 'lru-cache'

/** What a real push service would refuse, and with which status. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  constructor(status: number, why: string) {
    super(why)
    this.status = status
  }
}

/** Of a body (RFC 8030, section 7.2): what every service takes. */
export const MOST_BODY_BYTES = 4_096
const LONGEST_TOKEN_SECONDS = 24 * 3_600
/** Senders use a token again and again, as they should: its signature is looked at once. */
const verified = new LRUCache<string, Pick<JWTPayload, 'exp' | 'sub'>>({ max: 1_000 })
const URGENCIES = ['very-low', 'low', 'normal', 'high']

/** Checks what RFC 8030 and RFC 8188 say of the headers of a push. @throws Refusal */
export function checkHeaders(headers: IncomingHttpHeaders): {
  ttl: number
  urgency: string
  topic: string | null
} {
  const { ttl, urgency = 'normal', topic, 'content-encoding': encoding } = headers
  if (typeof ttl !== 'string' || !/^\d+$/.test(ttl))
    throw new Refusal(400, 'TTL is missing, or no whole number of seconds')
  if (typeof urgency !== 'string' || !URGENCIES.includes(urgency))
    throw new Refusal(400, `Urgency is none of ${URGENCIES.join(', ')}`)
  if (topic !== undefined && (typeof topic !== 'string' || !/^[\w-]{1,32}$/.test(topic)))
    throw new Refusal(400, 'Topic is more than 32 characters of base64url')
  if (encoding !== 'aes128gcm') throw new Refusal(415, 'Content-Encoding is not aes128gcm')
  return { ttl: Number(ttl), urgency, topic: topic ?? null }
}

/**
 * Checks who is sending (RFC 8292): the signature, for whom it is, and how long it is good for.
 * @param boundTo the public key that the browser has subscribed with, if it has
 * @throws Refusal
 */
export async function checkVapid(
  authorization: string | undefined,
  { origin, boundTo }: { origin: string; boundTo: string | undefined },
): Promise<void> {
  const [, token, key] = /^vapid t=([\w.-]+), ?k=([\w-]+)$/i.exec(authorization ?? '') ?? []
  if (token === undefined || key === undefined)
    throw new Refusal(401, 'Authorization is not "vapid t=…, k=…"')
  if (boundTo !== undefined && boundTo !== key)
    throw new Refusal(403, 'the subscription is for another sender')
  const seen = `${origin} ${token} ${key}`
  const { exp = Infinity, sub = '' } = verified.get(seen) ?? (await payloadOf(token, key, origin))
  verified.set(seen, { exp, sub })
  if (exp < Date.now() / 1_000) throw new Refusal(403, 'the token has expired')
  if (exp > Date.now() / 1_000 + LONGEST_TOKEN_SECONDS)
    throw new Refusal(403, 'the token is good for more than a day')
  if (!/^(mailto:|https:)/.test(sub)) throw new Refusal(403, 'the token says nobody who may be written to')
}

async function payloadOf(token: string, key: string, audience: string): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, await pointKey(key), { algorithms: ['ES256'], audience })).payload
  } catch (cause) {
    throw new Refusal(403, `the token is not good: ${(cause as Error).message}`)
  }
}

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256' }

const pointKey = (text: string) =>
  webcrypto.subtle.importKey('raw', Buffer.from(text, 'base64url'), ECDSA, false, ['verify'])
