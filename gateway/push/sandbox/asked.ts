import type { IncomingMessage } from 'node:http'
import { Refusal } from './refusals.ts'
import { type Behaviour, behaviours } from './subscribers.ts'

/** What a browser says as it subscribes. */
export interface AskedSubscription {
  behaviour?: Behaviour
  /** The public key of the sender whose pushes alone it wants. */
  applicationServerKey?: string
}

/** A request's body. @throws Refusal for what is larger than `most` bytes */
export async function bodyOf(request: IncomingMessage, most: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    if ((bytes += chunk.length) <= most) chunks.push(chunk)
  }
  if (bytes > most) throw new Refusal(413, `the body is larger than ${most} bytes`)
  return Buffer.concat(chunks)
}

/** @throws Refusal for what is no `{ "behaviour"?, "applicationServerKey"? }` */
export function subscriptionIn(body: Buffer): AskedSubscription {
  let asked: unknown
  try {
    asked = body.length === 0 ? {} : JSON.parse(body.toString())
  } catch {
    throw new Refusal(400, 'that is no JSON')
  }
  const { behaviour = 'accept', applicationServerKey } = (asked ?? {}) as Record<string, unknown>
  if (!isBehaviour(behaviour)) throw new Refusal(400, `behaviour is none of ${behaviours.join(', ')}`)
  if (applicationServerKey === undefined) return { behaviour }
  if (typeof applicationServerKey !== 'string') throw new Refusal(400, 'applicationServerKey is no text')
  return { behaviour, applicationServerKey }
}

const isBehaviour = (given: unknown): given is Behaviour => (behaviours as readonly unknown[]).includes(given)
