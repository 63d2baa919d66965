import type { FastifyInstance } from 'fastify'
import { Histogram, type Registry } from 'prom-client'

/** Times each answer by route and status. Routes, not addresses: what a client sends never becomes a label. */
export function measureRequests(app: FastifyInstance, metrics: Registry): void {
  const seconds = new Histogram({
    name: 'continuo_dashboard_request_seconds',
    help: 'Time to answer a request of the page, by route and status',
    labelNames: ['route', 'status'],
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2, 5],
    registers: [metrics],
  })
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none'
    seconds.observe({ route, status: String(reply.statusCode) }, reply.elapsedTime / 1000)
  })
}
