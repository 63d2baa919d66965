import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/** What the gateway is seen to do. No label names a channel's subscriber or a token. */
export interface GatewayMetrics {
  /** Counted by plain addition: this is the hot path. */
  traffic: { messages: number; bytes: number; replaced: number }
  /** A socket was not opened, or endpoints were not told, as the origin is none of the list. */
  foreign(): void
  /** Code by which we closed, or 3000 where the other side did. */
  disconnected(code: number): void
  /** Code of the error reply. */
  refused(code: number): void
  recovery(recovered: boolean): void
  /** Of a channel as subscribers call it; `receivedAt`: when some of what it tells of reached Kafka, ms since 1970. */
  fanOut(channel: string, seconds: number, receivedAt: readonly number[]): void
  /** A method of the server API was answered, after so many seconds. */
  called(method: string, seconds: number): void
}

export interface LiveCounts {
  sessions: ReadonlySet<{ queuedBytes: number }>
  subscriptions(): number
}

/** Registers the gateway's metrics; connections and subscriptions are asked for when somebody looks. */
export function gatewayMetrics(registry: Registry, live: LiveCounts): GatewayMetrics {
  const registers = [registry]
  const traffic = { messages: 0, bytes: 0, replaced: 0 }
  const total = (name: string, help: string, read: () => number) =>
    new Counter({ name, help, registers, collect: since(read) })
  const counter = (name: string, help: string, ...labelNames: string[]) =>
    new Counter({ name, help, registers, labelNames })

  const gauge = gaugesIn(registry)
  gauge('continuo_gateway_connections', 'Open sockets', () => live.sessions.size)
  gauge('continuo_gateway_subscriptions', 'Subscriptions of all sockets', () => live.subscriptions())
  total('continuo_gateway_sent_messages_total', 'Frames given to sockets', () => traffic.messages)
  total('continuo_gateway_sent_bytes_total', 'Bytes given to sockets', () => traffic.bytes)
  gauge('continuo_gateway_queued_bytes', 'Bytes that wait for clients who read too slowly', () =>
    live.sessions.values().reduce((sum, { queuedBytes }) => sum + queuedBytes, 0),
  )
  total(
    'continuo_gateway_replaced_messages_total',
    'Messages that gave way to a newer one of their channel, while their client did not read',
    () => traffic.replaced,
  )
  const foreign = counter('continuo_gateway_foreign_origins_total', 'Requests refused for their origin')
  const disconnects = counter('continuo_gateway_disconnects_total', 'Closed sockets by code', 'code')
  const refusals = counter('continuo_gateway_errors_total', 'Refused commands by code', 'code')
  const outcomes = 'Subscriptions that asked to recover, by outcome'
  const recoveries = counter('continuo_gateway_recoveries_total', outcomes, 'recovered')
  const fanOut = new Histogram({
    name: 'continuo_gateway_fan_out_seconds',
    help: 'From a publication of Redis to all its sockets on this node',
    buckets: [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1],
    registers,
  })
  const latency = new Histogram({
    name: 'continuo_gateway_latency_seconds',
    help: 'From the arrival in Kafka of what an update tells of to all sockets of this node, of some of it',
    labelNames: ['channel'],
    buckets: [0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2, 5, 15, 60, 300],
    registers,
  })
  const calls = new Histogram({
    name: 'continuo_gateway_api_seconds',
    help: 'Answers of the server API',
    labelNames: ['method'],
    buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3],
    registers,
  })
  return {
    traffic,
    foreign: () => foreign.inc(),
    disconnected: (code) => disconnects.inc({ code }),
    refused: (code) => refusals.inc({ code }),
    recovery: (recovered) => recoveries.inc({ recovered: String(recovered) }),
    fanOut(channel, seconds, receivedAt) {
      fanOut.observe(seconds)
      const now = Date.now()
      for (const at of receivedAt) latency.observe({ channel }, Math.max(0, now - at) / 1_000)
    },
    called: (method, seconds) => calls.observe({ method }, seconds),
  }
}

/** Registers gauges that are read when somebody looks. */
export function gaugesIn(registry: Registry) {
  return (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read())
      },
    })
}

function since(read: () => number) {
  let seen = 0
  return function (this: Counter) {
    const now = read()
    this.inc(now - seen)
    seen = now
  }
}
