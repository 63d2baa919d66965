import { randomBytes, randomUUID } from 'node:crypto'
import pino from 'pino'
import { Registry } from 'prom-client'
import { startGateway, type Gateway, type GatewayOptions } from '../../../gateway/live/index.ts'
import { mintToken } from '../../../gateway/live/access/mint-token.ts'
import { noOrigin } from '../../../gateway/live/sockets/origin.ts'
import { pseudonyms } from '../../../schemas/pseudonym.ts'

export const tokenSettings = { key: randomBytes(32), issuer: 'continuo', audience: 'continuo-gateway' }

/** A valid token of a listener. */
export function tokenOf(sub = 'listener-1', ttlSeconds = 3600): Promise<string> {
  return mintToken({ ...tokenSettings, sub, ttlSeconds })
}

/** A valid token that gives a listener one channel. */
export function channelTokenOf(channel: string, sub = 'listener-1', ttlSeconds = 3600): Promise<string> {
  return mintToken({ ...tokenSettings, sub, channel, ttlSeconds })
}

export interface TestGateway extends Gateway {
  url: string
  keyPrefix: string
  /** All log lines so far. */
  logged(): string
  /** A metric's value, its labels as written by Prometheus: `continuo_gateway_disconnects_total{code="3008"}`. */
  metric(name: string): Promise<number>
  metrics(): Promise<string>
}

/** A gateway on a free port with keys of its own in Redis, stopped with the test. */
export async function testGateway(
  t: { after(end: () => unknown): void },
  options: Partial<GatewayOptions> & Pick<GatewayOptions, 'redisUrl'>,
): Promise<TestGateway> {
  const registry = new Registry()
  const lines: string[] = []
  const keyPrefix = options.keyPrefix ?? `test-${randomUUID()}:`
  const gateway = await startGateway({
    host: '127.0.0.1',
    port: 0,
    keyPrefix,
    token: tokenSettings,
    pseudonymOf: pseudonyms([randomBytes(32)]).listener,
    pushKey: { id: 'k1', bytes: randomBytes(32) },
    allowedOrigins: [noOrigin],
    send: () => Promise.resolve(),
    log: pino({ level: 'trace' }, { write: (line: string) => lines.push(line) }),
    metrics: registry,
    ...options,
    times: { tickEvery: 20, ...options.times },
  })
  t.after(() => gateway.stop())
  return {
    ...gateway,
    keyPrefix,
    url: `ws://127.0.0.1:${gateway.port}/connection/websocket`,
    logged: () => lines.join(''),
    metrics: () => registry.metrics(),
    async metric(name) {
      const line = (await registry.metrics()).split('\n').find((each) => each.startsWith(`${name} `))
      return Number(line?.split(' ').at(-1) ?? 0)
    },
  }
}
