import { type KeyObject, createECDH, createPrivateKey } from 'node:crypto'
import { SignJWT } from 'jose'
import { LRUCache } from 'lru-cache'
import { PushError } from '../errors.ts'
import { isSubject } from './subject.ts'

/** A token may be good for a day (RFC 8292, section 2); clocks differ, so it is less, and it is renewed long before. */
const GOOD_FOR_MS = 12 * 3_600_000
const USED_FOR_MS = 6 * 3_600_000
/** Push services that are spoken to at a time. */
const MOST_ORIGINS = 1_000

export interface VapidOptions {
  /** The private key: 32 bytes. */
  key: Buffer
  /** Whom the push service may write to: `mailto:` or `https:`. */
  subject: string
  /** ms since 1970. */
  now?(): number
}

/** Says to push services who is sending (RFC 8292): one signed token for each, used again while it is good. */
export class Vapid {
  readonly #key: KeyObject
  readonly #publicKey: string
  readonly #subject: string
  readonly #now: () => number
  readonly #headers = new LRUCache<string, { header: Promise<string>; until: number }>({ max: MOST_ORIGINS })

  /** @throws PushError for a key or a subject that is none */
  constructor({ key, subject, now = Date.now }: VapidOptions) {
    if (!isSubject(subject))
      throw new PushError('VAPID_SUBJECT: expected an address like mailto:push@example.com, or an https: one')
    this.#publicKey = publicKeyOf(key)
    this.#key = privateKey(key, Buffer.from(this.#publicKey, 'base64url'))
    this.#subject = subject
    this.#now = now
  }

  /** The header `Authorization` for an origin. */
  authorization(origin: string): Promise<string> {
    const known = this.#headers.get(origin)
    if (known !== undefined && known.until > this.#now()) return known.header
    const header = this.#sign(origin)
    this.#headers.set(origin, { header, until: this.#now() + USED_FOR_MS })
    return header
  }

  async #sign(origin: string): Promise<string> {
    const token = await new SignJWT({ aud: origin, sub: this.#subject })
      .setProtectedHeader({ typ: 'JWT', alg: 'ES256' })
      .setExpirationTime(Math.floor((this.#now() + GOOD_FOR_MS) / 1_000))
      .sign(this.#key)
    return `vapid t=${token}, k=${this.#publicKey}`
  }
}

/** What browsers subscribe with: the point of a private key, 65 bytes in base64url. @throws PushError for a key that is none */
export function publicKeyOf(key: Buffer): string {
  try {
    const pair = createECDH('prime256v1')
    pair.setPrivateKey(key)
    return pair.getPublicKey('base64url')
  } catch (cause) {
    throw new PushError('VAPID_KEY is no private key of P-256: make another with openssl rand -base64 32', {
      cause,
    })
  }
}

function privateKey(key: Buffer, point: Buffer): KeyObject {
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((each) => each.toString('base64url'))
  return createPrivateKey({
    format: 'jwk',
    key: { kty: 'EC', crv: 'P-256', d: key.toString('base64url'), x: x!, y: y! },
  })
}
