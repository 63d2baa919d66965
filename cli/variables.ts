import { makeValidator } from 'envalid'
import { isSubject } from '../gateway/push/web-push/subject.ts'
import { redisUrlsIn } from '../schemas/redis-urls.ts'
import { MOST_K } from '../schemas/k-anonymity.ts'
import { whyNoStoreAt } from '../pipelines/model/artifact/model-store-at.ts'

export const brokers = makeValidator((input) => {
  const list = input.split(',').map((broker) => broker.trim())
  if (!list.every((broker) => /^[^\s:]+:\d{1,5}$/.test(broker)))
    throw new Error('expected host:port[,host:port…]')
  return list
})

/** 32 bytes of key, in base64. */
export const key = makeValidator((input) => {
  const bytes = Buffer.from(input, 'base64')
  if (bytes.length !== 32) {
    throw new Error(
      `expected 32 bytes in base64, got ${bytes.length}; make one with: openssl rand -base64 32`,
    )
  }
  return bytes
})

/** An uncompressed point of P-256 in base64url, as browsers take it; or nothing. */
export const publicKey = makeValidator((input) => {
  const bytes = Buffer.from(input, 'base64url')
  if (input !== '' && (bytes.length !== 65 || bytes[0] !== 4))
    throw new Error('expected the 65 bytes of a public key of P-256 in base64url, as `continuo push` logs it')
  return input
})

export const prefix = makeValidator((input) => {
  if (!/^[a-zA-Z0-9._-]*$/.test(input)) throw new Error('only letters, digits, dot, dash and underscore')
  return input
})

export const modelStore = makeValidator((input) => {
  const refusal = whyNoStoreAt(input)
  if (refusal !== undefined) throw new Error(refusal)
  return input
})

export const subject = makeValidator((input) => {
  if (!isSubject(input)) throw new Error('expected an address like mailto:push@example.com, or an https: one')
  return input
})

export const pushOrigin = makeValidator((input) => {
  if (input !== '' && !(input.startsWith('https://') && URL.parse(input)?.origin === input))
    throw new Error('expected an origin like https://localhost:9443, without a path')
  return input
})

export const positive = makeValidator((input) => {
  const value = Number(input)
  if (!Number.isInteger(value) || value < 1) throw new Error('expected a whole number of at least 1')
  return value
})

/** How many listeners are enough for something to be published. */
export const fewestListeners = makeValidator((input) => {
  const value = Number(input)
  if (!Number.isInteger(value) || value < 1 || value > MOST_K)
    throw new Error(`expected a whole number from 1 (your own data alone) to ${MOST_K}`)
  return value
})

export const notNegative = makeValidator((input) => {
  const value = Number(input)
  if (input.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new Error('expected a number of at least 0')
  return value
})

export const share = makeValidator((input) => {
  const value = Number(input)
  if (input.trim() === '' || !(value >= 0 && value < 1))
    throw new Error('expected a number from 0 to below 1')
  return value
})

/** Of public keys: by TLS, or whoever sits between could put in a key of their own; of this machine, plain. Or nothing. */
export const keySetUrl = makeValidator((input) => {
  const { href = '', username = '', password = '' } = URL.parse(input) ?? {}
  if (input !== '' && !/^https:\/\/|^http:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/]/.test(href))
    throw new Error('expected a URL like https://login.example/.well-known/jwks.json')
  if (username + password !== '') throw new Error('public keys are asked for without user and password')
  return input
})

export const wholeNumber = makeValidator((input) => {
  const value = Number(input)
  if (input.trim() === '' || !Number.isInteger(value) || value < 0)
    throw new Error('expected a whole number of at least 0')
  return value
})

/** How many; 0: any number. */
export const limit = makeValidator((input) => {
  const value = Number(input)
  if (input.trim() === '' || !Number.isInteger(value) || value < 0)
    throw new Error('expected a whole number, or 0 for no limit')
  return value
})

const MOST_TOLERANCE_S = 10

export const toleranceSeconds = makeValidator((input) => {
  const value = Number(input)
  if (input.trim() === '' || !(value >= 0 && value <= MOST_TOLERANCE_S))
    throw new Error(`expected seconds from 0 to ${MOST_TOLERANCE_S}: set the clocks right instead`)
  return value
})

/** A URL with the protocol of `example`, plain or over TLS; it may hold a password, so that no message repeats it. Of Redis there may be several. */
export function urlLike(example: string) {
  const { protocol } = new URL(example)
  const tls = protocol.replace(':', 's:')
  const check = makeValidator((input) => {
    const isRedis = protocol === 'redis:'
    for (const text of isRedis ? redisUrlsIn(input) : [input]) {
      const url = URL.parse(text)
      if (url === null || ![protocol, tls].includes(url.protocol))
        throw new Error(`expected a URL like ${example}, or with ${tls}//`)
      if (isRedis) checkRedis(url)
    }
    return input
  })
  return check({ default: example })
}

/** What its client would not take, or read as database 0. */
function checkRedis({ username, password, pathname }: URL): void {
  if (!/^\/?\d*$/.test(pathname))
    throw new Error('behind host and port only the number of a database may follow, like /1')
  try {
    for (const part of [username, password]) decodeURIComponent(part)
  } catch {
    throw new Error('in user and password write % as %25')
  }
}

/** Where a WebSocket is, its path included, or nothing. */
export const webSocketUrl = makeValidator((input) => {
  const { protocol = '', pathname = '/' } = URL.parse(input) ?? {}
  if (input !== '' && (!/^wss?:$/.test(protocol) || pathname === '/'))
    throw new Error('expected a URL like wss://node-1.music.example/connection/websocket')
  return input
})

/** A process has 10 s to stop. */
const LONGEST_DRAIN_MS = 6_000

/** Milliseconds for which a gateway that stops may send its clients away. */
export const drainTime = makeValidator((input) => {
  const value = Number(input)
  if (input.trim() === '' || !Number.isInteger(value) || value < 0 || value > LONGEST_DRAIN_MS)
    throw new Error(`expected a whole number from 0 to ${LONGEST_DRAIN_MS}`)
  return value
})

const SHORTEST_API_KEY = 32

/** Keys of a server API, comma separated: two while one takes the place of the other. */
export const apiKeys = makeValidator((input) => {
  const keys = input.split(',').filter((key) => key !== '')
  if (keys.some((key) => key.length < SHORTEST_API_KEY))
    throw new Error(`expected at least ${SHORTEST_API_KEY} characters; make some with: openssl rand -hex 32`)
  return keys
})
