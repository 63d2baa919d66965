import type { HttpRequest, HttpResponse } from 'uWebSockets.js'
import type { Endpoint, EndpointList } from '../../../schemas/endpoints.ts'
import { remedyFor } from '../sockets/origin.ts'
import type { RegisteredNode } from './node-registry.ts'

export interface EndpointsOptions {
  /** The same array for as long as nothing has changed. */
  nodes(): readonly RegisteredNode[]
  /** Milliseconds since they were heard of. */
  ageMs(): number
  originAllowed(origin: string): boolean
  /** A page was refused for it. */
  onForeign(origin: string): void
}

/**
 * Answers `GET /endpoints`. Pages of the allowed origins may read it; a request without an Origin is of a program, or of
 * a page of the same host.
 */
export function endpointsRoute({ nodes, ageMs, originAllowed, onForeign }: EndpointsOptions) {
  let listed: readonly RegisteredNode[] | undefined
  let body = ''
  return (response: HttpResponse, request: HttpRequest): void => {
    const origin = request.getHeader('origin')
    if (origin !== '' && !originAllowed(origin)) {
      onForeign(origin)
      response.writeStatus('403 Forbidden').end(`this origin may not ask: ${remedyFor(origin)}\n`)
      return
    }
    if (nodes() !== listed) {
      listed = nodes()
      body = JSON.stringify({ endpoints: endpointsOf(listed) } satisfies EndpointList)
    }
    response.writeHeader('content-type', 'application/json').writeHeader('cache-control', 'max-age=1')
    response.writeHeader('age', String(Math.floor(ageMs() / 1_000)))
    if (origin !== '') response.writeHeader('access-control-allow-origin', origin)
    response.writeHeader('vary', 'origin').end(body)
  }
}

/** The nodes that take connections. */
function endpointsOf(nodes: readonly RegisteredNode[]): Endpoint[] {
  return nodes
    .filter(({ healthy, draining }) => healthy && !draining)
    .map(({ healthy: _, draining: __, ...endpoint }) => endpoint)
}
