import type { IncomingMessage } from 'node:http'
import { NO_ANSWER, type PushAnswer } from '../provider.ts'
import { EndpointError } from './public-address.ts'

const DAY_MS = 24 * 3_600_000
/** `Date.parse` alone takes "-5" for a date. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/** What the status of a push service's answer means (RFC 8030, sections 5 to 8). */
export function answerOf({
  statusCode: status = 0,
  headers,
}: Pick<IncomingMessage, 'statusCode' | 'headers'>): PushAnswer {
  if (status === 404 || status === 410) return { kind: 'gone', status }
  if (status >= 200 && status < 300) return { kind: 'accepted', status }
  if (status === 413) return { kind: 'refused', status, reason: 'too_large' }
  if (status === 401 || status === 403) return { kind: 'refused', status, reason: 'not_authorised' }
  if (status >= 300 && status < 400) return { kind: 'refused', status, reason: 'redirect' }
  if (status !== 429 && status !== 408 && status < 500) return { kind: 'refused', status, reason: 'rejected' }
  const afterMs = retryAfter(headers['retry-after'])
  return { kind: 'later', status, reason: 'busy', ...(afterMs !== undefined && { afterMs }) }
}

/** Seconds, or a date (RFC 9110, section 10.2.3), in ms from now; never more than a day. */
function retryAfter(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const isDate = HTTP_DATE.test(text)
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : isDate ? Date.parse(text) - Date.now() : NaN
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), DAY_MS)
}

/** What has kept a push from its service, by the codes of Node. */
const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection_refused',
  ENOTFOUND: 'no_such_host',
  ENODATA: 'no_such_host',
  ESERVFAIL: 'no_such_host',
  ETIMEOUT: 'no_such_host',
  EAI_AGAIN: 'no_such_host',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
}

/** What is wrong with what a device says of itself. */
const invalidDevices: Readonly<Record<string, string>> = {
  ERR_INVALID_URL: 'invalid_endpoint',
  // No point of the curve.
  ERR_CRYPTO_ECDH_INVALID_PUBLIC_KEY: 'invalid_device_key',
}

/** What a failure means, by its class and code. @throws what is neither the network's nor the endpoint's */
export function failureOf(error: unknown): PushAnswer {
  if (error instanceof EndpointError) return { kind: 'refused', status: null, reason: error.reason }
  const { name, code } = error as { name?: string; code?: unknown }
  // AbortSignal.timeout: the request is aborted, with the time-out as its cause.
  if (name === 'TimeoutError') return { kind: 'later', status: null, reason: NO_ANSWER }
  if (typeof code !== 'string') throw error
  const invalid = invalidDevices[code]
  if (invalid !== undefined) return { kind: 'refused', status: null, reason: invalid }
  const reason = reasons[code] ?? (isOfTls(code) ? 'certificate' : NO_ANSWER)
  return { kind: 'later', status: null, reason }
}

const isOfTls = (code: string) => /CERT|SSL|TLS|SELF_SIGNED|VERIFY/.test(code)
