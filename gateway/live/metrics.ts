import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/** What the gateway is seen to do. No label names a channel's subscriber or a token. */
export interface GatewayMetrics {
  /** Counted by plain addition: this is the hot path. */
  traffic: { messages: number; bytes: number }
  /** Code by which we closed, or 3000 where the other side did. */
  disconnected(code: number): void
  /** Code of the error reply. */
  refused(code: number): void
  recovery(recovered: boolean): void
  fanOut(seconds: number): void
}

export interface LiveCounts {
  connections(): number
  subscriptions(): number
}

/** Registers the gateway's metrics; connections and subscriptions are asked for when somebody looks. */
export function gatewayMetrics(registry: Registry, live: LiveCounts): GatewayMetrics {
  const registers = [registry]
  const traffic = { messages: 0, bytes: 0 }
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({ name, help, registers, collect: set(read) })
  const total = (name: string, help: string, read: () => number) =>
    new Counter({ name, help, registers, collect: since(read) })

  gauge('gateway_connections', 'Open sockets', () => live.connections())
  gauge('gateway_subscriptions', 'Subscriptions of all sockets', () => live.subscriptions())
  total('gateway_messages_sent_total', 'Frames given to sockets', () => traffic.messages)
  total('gateway_bytes_sent_total', 'Bytes given to sockets', () => traffic.bytes)
  const byCode = ['code']
  const disconnects = new Counter({
    name: 'gateway_disconnects_total',
    help: 'Closed sockets by code',
    labelNames: byCode,
    registers,
  })
  const refusals = new Counter({
    name: 'gateway_errors_total',
    help: 'Refused commands by code',
    labelNames: byCode,
    registers,
  })
  const recoveries = new Counter({
    name: 'gateway_recoveries_total',
    help: 'Subscriptions that asked to recover, by outcome',
    labelNames: ['recovered'],
    registers,
  })
  const fanOut = new Histogram({
    name: 'gateway_fan_out_seconds',
    help: 'From a publication of Redis to all its sockets on this node',
    buckets: [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1],
    registers,
  })
  return {
    traffic,
    disconnected: (code) => disconnects.inc({ code }),
    refused: (code) => refusals.inc({ code }),
    recovery: (recovered) => recoveries.inc({ recovered: String(recovered) }),
    fanOut: (seconds) => fanOut.observe(seconds),
  }
}

function set(read: () => number) {
  return function (this: Gauge) {
    this.set(read())
  }
}

function since(read: () => number) {
  let seen = 0
  return function (this: Counter) {
    const now = read()
    this.inc(now - seen)
    seen = now
  }
}
