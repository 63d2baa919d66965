import { test, type TestContext } from 'node:test'
import { Centrifuge, type Options, type SubscribedContext, type SubscriptionOptions } from 'centrifuge'
import { Centrifuge as CentrifugeProtobuf } from 'centrifuge/build/protobuf'
import { tokenOf } from './gateway.ts'

/** The kept client of the protocol, unmodified, with everything that it told. */
export interface SdkClient {
  client: Centrifuge
  /** Data of a publication: Protobuf has them as bytes. */
  dataOf(received: unknown): unknown
  states: { state: string; code: number; reason: string }[]
}

const encodings = ['json', 'protobuf'] as const
export type Spoken = (typeof encodings)[number]

/** The same test with clients of either encoding. */
export function inBoth(name: string, run: (t: TestContext, spoken: Spoken) => Promise<void>): void {
  for (const spoken of encodings) test(`${name}, in ${spoken}`, (t) => run(t, spoken))
}

const constructors = { json: Centrifuge, protobuf: CentrifugeProtobuf as unknown as typeof Centrifuge }
const readers = {
  json: (received: unknown) => received,
  protobuf: (received: unknown): unknown => JSON.parse(Buffer.from(received as Uint8Array).toString()),
}

export function sdkClient(
  t: TestContext,
  url: string,
  options: Partial<Options> = {},
  spoken: Spoken = 'json',
): SdkClient {
  const client = new constructors[spoken](url, {
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
  return { client, dataOf: readers[spoken], states }
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
  { client, dataOf }: SdkClient,
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
    heard.data.push(dataOf(data))
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
