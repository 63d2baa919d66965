import { Counter, type Registry } from 'prom-client'
import { gaugesIn } from '../metrics.ts'

/** How a gateway does among others. */
export interface ClusterMetrics {
  /** A socket was refused, for a reason in snake_case. */
  refused(reason: string): void
}

export interface ClusterCounts {
  /** Gateways that are there. */
  nodes(): number
  isDraining(): boolean
}

/** Registers them; the counts are asked for when somebody looks. */
export function clusterMetrics(registry: Registry, counts: ClusterCounts): ClusterMetrics {
  const gauge = gaugesIn(registry)
  gauge('continuo_gateway_nodes', 'Gateways that share the Redis, as this one knows them', counts.nodes)
  gauge('continuo_gateway_draining', '1 while it sends its clients away', () => Number(counts.isDraining()))
  const refusals = new Counter({
    name: 'continuo_gateway_refused_sockets_total',
    help: 'Sockets that were asked to come again, or go elsewhere, by reason',
    labelNames: ['reason'],
    registers: [registry],
  })
  return { refused: (reason) => refusals.inc({ reason }) }
}
