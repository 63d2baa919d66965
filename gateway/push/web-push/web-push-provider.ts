import { Agent, request } from 'node:https'
import type { IncomingMessage } from 'node:http'
import type { LookupFunction } from 'node:net'
import type { WebPushDevice } from '../../../schemas/push-subscriptions.ts'
import type { PushAnswer, PushMessage, PushProvider } from '../provider.ts'
import { answerOf, failureOf } from './answers.ts'
import { MOST_TEXT_BYTES, encrypt } from './encrypt.ts'
import { publicLookup, requirePublic } from './public-address.ts'
import { SilentServices } from './silent-services.ts'
import { Vapid } from './vapid.ts'

export interface WebPushOptions {
  /** The private key that browsers know the public one of: 32 bytes. */
  vapidKey: Buffer
  /** Whom the push services may write to: `mailto:` or `https:`. */
  subject: string
  /** One origin that may be at any address, and the authority that its certificate is signed by (PEM). */
  allowedOrigin?: { origin: string; ca: string }
  /** How names are found. Default: by the name servers. */
  resolve?: LookupFunction
  /** After so long without an answer a push has failed. Default: 30 s. */
  timeoutMs?: number
  /** A connection that has been of no use for so long is closed: endpoints may name any number of hosts. Default: 30 s. */
  idleMs?: number
}

/** Connections to one push service. */
const MOST_SOCKETS = 500
const MOST_ANSWER_BYTES = 16_384

/**
 * Pushes to browsers (RFC 8030), encrypted for each (RFC 8291), in the name of one sender (RFC 8292). An endpoint is whatever a listener says it is:
 * it is reached over https at a public address alone, and no redirect is followed.
 * @throws PushError for a key or subject that is none
 */
export function webPushProvider(options: WebPushOptions): PushProvider<WebPushDevice> {
  const { vapidKey, subject, allowedOrigin, resolve, timeoutMs = 30_000, idleMs = 30_000 } = options
  const vapid = new Vapid({ key: vapidKey, subject })
  const silent = new SilentServices()
  const shared = { keepAlive: true, maxSockets: MOST_SOCKETS, timeout: idleMs, scheduling: 'lifo' } as const
  const anywhere = new Agent({ ...shared, lookup: publicLookup(resolve) })
  const atAllowed = allowedOrigin && new Agent({ ...shared, ca: allowedOrigin.ca })

  async function send({ endpoint, keys }: WebPushDevice, message: PushMessage): Promise<PushAnswer> {
    const url = new URL(endpoint)
    const agent = (url.origin === allowedOrigin?.origin && atAllowed) || anywhere
    if (agent === anywhere) requirePublic(url)
    if (message.payload.length > MOST_TEXT_BYTES)
      return { kind: 'refused', status: null, reason: 'too_large' }
    const receiver = {
      p256dh: Buffer.from(keys.p256dh, 'base64url'),
      auth: Buffer.from(keys.auth, 'base64url'),
    }
    const body = encrypt(message.payload, receiver)
    const headers = {
      authorization: await vapid.authorization(url.origin),
      'content-encoding': 'aes128gcm',
      'content-type': 'application/octet-stream',
      'content-length': body.length,
      ttl: message.ttlSeconds,
      urgency: message.urgency,
      topic: message.topic,
    }
    return answerOf(await post(url, { agent, headers, signal: AbortSignal.timeout(timeoutMs) }, body))
  }

  return {
    async send(device, message) {
      const origin = URL.parse(device.endpoint)?.origin ?? ''
      const afterMs = silent.leftAloneFor(origin, Date.now())
      if (afterMs > 0) return { kind: 'later', status: null, reason: 'service_silent', afterMs }
      const answer = await send(device, message).catch(failureOf)
      silent.take(origin, answer, Date.now())
      return answer
    },
    close() {
      anywhere.destroy()
      atAllowed?.destroy()
    },
  }
}

type Posting = { agent: Agent; headers: Record<string, string | number>; signal: AbortSignal }

/** Sends. Of the answer its head is enough; a short body is read, so that the connection can be used again, and a long one breaks it off. */
const post = (url: URL, options: Posting, body: Buffer): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    let left = MOST_ANSWER_BYTES
    const posting = request(url, { ...options, method: 'POST' }, (response) => {
      response.on('error', () => undefined)
      response.on('data', (chunk: Buffer) => (left -= chunk.length) < 0 && response.destroy())
      resolve(response)
    })
    // Unheard, Node would end the connection and tell nobody.
    posting.on('upgrade', (response, socket) => {
      socket.destroy()
      resolve(response)
    })
    posting.on('error', reject)
    posting.end(body)
  })
