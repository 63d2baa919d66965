import type { TestContext } from 'node:test'
import { Centrifuge, type Options, type SubscribedContext, type SubscriptionOptions } from 'centrifuge'
import { tokenOf } from './gateway.ts'

/** The kept client of the protocol, unmodified, with everything that it told. */
export interface SdkClient {
  client: Centrifuge
  states: { state: string; code: number; reason: string }[]
}

export function sdkClient(t: TestContext, url: string, options: Partial<Options> = {}): SdkClient {
  const client = new Centrifuge(url, {
    getToken: () => tokenOf(),
    minReconnectDelay: 20,
    maxReconnectDelay: 100,
    // Node's WebSocket may fail without a close event: the client then waits for this.
    timeout: 1_000,
    ...options,
  })
  const states: SdkClient['states'] = []
  client.on('connecting', ({ code, reason }) => states.push({ state: 'connecting', code, reason }))
  client.on('disconnected', ({ code, reason }) => states.push({ state: 'disconnected', code, reason }))
  client.on('connected', () => states.push({ state: 'connected', code: 0, reason: '' }))
  client.on('error', () => undefined)
  t.after(() => client.disconnect())
  return { client, states }
}

export interface Heard {
  /** Offsets and data as the application saw them, in order. */
  offsets: number[]
  data: unknown[]
  subscribed: SubscribedContext[]
  errors: number[]
  unsubscribe(): void
}

export function listen(
  { client }: SdkClient,
  channel: string,
  options: Partial<SubscriptionOptions> = {},
): Heard {
  const subscription = client.newSubscription(channel, { minResubscribeDelay: 20, ...options })
  const heard: Heard = {
    offsets: [],
    data: [],
    subscribed: [],
    errors: [],
    unsubscribe: () => subscription.unsubscribe(),
  }
  subscription.on('publication', ({ offset, data }) => {
    heard.offsets.push(offset!)
    heard.data.push(data)
  })
  subscription.on('subscribed', (context) => heard.subscribed.push(context))
  subscription.on('error', ({ error }) => heard.errors.push(error.code))
  subscription.subscribe()
  return heard
}

/** The whole numbers from first to last. */
export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}
