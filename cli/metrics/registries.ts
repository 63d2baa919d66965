import { fastify } from 'fastify'
import { Registry } from 'prom-client'
import { measureRequests } from '../../dashboards/server/metrics.ts'
import { breakerGauge } from '../../gateway/live/breaker.ts'
import { clusterMetrics } from '../../gateway/live/cluster/metrics.ts'
import { limitMetrics } from '../../gateway/live/limits/metrics.ts'
import { gatewayMetrics } from '../../gateway/live/metrics.ts'
import { pushMetrics } from '../../gateway/push/metrics.ts'
import { topologyMetrics } from '../../pipelines/engine/index.ts'
import { sinkMetrics } from '../../sinks/index.ts'
import { exposeSimulator } from '../../sources/simulator/metrics.ts'

/** What each role registers, before anything has happened. Those that are not named have the figures of Node alone. */
export function registriesByRole(): Record<string, Registry> {
  const roles: Record<string, (registry: Registry) => unknown> = {
    run: topologyMetrics,
    sinks: sinkMetrics,
    gateway(registry) {
      gatewayMetrics(registry, { sessions: new Set(), subscriptions: () => 0 })
      clusterMetrics(registry, { nodes: () => 1, isDraining: () => false })
      limitMetrics(registry)
      breakerGauge(registry)
    },
    push: (registry) => pushMetrics(registry, () => 0),
    dashboard: (registry) => measureRequests(fastify(), registry),
    simulate: (registry) =>
      exposeSimulator(registry, {
        counts: () => ({ plays: 0, duplicates: 0, malformed: 0 }),
        playsPerSecond: 0,
      }),
  }
  return Object.fromEntries(
    Object.entries(roles).map(([role, register]) => {
      const registry = new Registry()
      register(registry)
      return [role, registry]
    }),
  )
}
