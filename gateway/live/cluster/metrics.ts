import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/** How a gateway does among others, and what it is asked by servers. */
export interface ClusterMetrics {
  /** A socket was refused, for a reason in snake_case. */
  refused(reason: string): void
  /** A method of the server API was answered, after so many seconds. */
  called(method: string, seconds: number): void
}

export interface ClusterCounts {
  /** Gateways that are there. */
  nodes(): number
  isDraining(): boolean
}

/** Registers them; the counts are asked for when somebody looks. */
export function clusterMetrics(registry: Registry, counts: ClusterCounts): ClusterMetrics {
  const registers = [registry]
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      ...{ name, help, registers },
      collect() {
        this.set(read())
      },
    })
  gauge('continuo_gateway_nodes', 'Gateways that share the Redis, as this one knows them', counts.nodes)
  gauge('continuo_gateway_draining', '1 while it sends its clients away', () => Number(counts.isDraining()))
  const refusals = new Counter({
    name: 'continuo_gateway_refused_sockets_total',
    help: 'Sockets that were asked to come again, or go elsewhere, by reason',
    labelNames: ['reason'],
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
    refused: (reason) => refusals.inc({ reason }),
    called: (method, seconds) => calls.observe({ method }, seconds),
  }
}
