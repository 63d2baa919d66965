import type { FastifyInstance } from 'fastify'
import { ApiError } from './errors.ts'
import type { MinuteHistory } from './history.ts'

export interface ApiOptions {
  gatewayUrl: string
  history: (minutes: number) => Promise<MinuteHistory>
  now: () => number
  /** Development only: makes a token for whoever opens the page. */
  mintToken?: () => Promise<string>
}

const lastMinutes = {
  type: 'object',
  properties: { minutes: { type: 'integer', minimum: 1, maximum: 1440, default: 60 } },
  additionalProperties: false,
} as const

/** The JSON that the page asks for. */
export function apiRoutes(app: FastifyInstance, { gatewayUrl, history, now, mintToken }: ApiOptions): void {
  app.addHook('onRequest', async (request, reply) => {
    if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store')
  })

  app.get('/api/config', () => ({ gatewayUrl }))

  app.get('/api/time', () => ({ now: now() }))

  app.get<{ Querystring: { minutes: number } }>(
    '/api/plays-by-minute',
    { schema: { querystring: lastMinutes } },
    async (request) => {
      try {
        return await history(request.query.minutes)
      } catch (error) {
        throw new ApiError(
          503,
          'history_unavailable',
          'ClickHouse did not answer the query',
          'check that ClickHouse runs at CLICKHOUSE_URL and that `continuo migrate` has made the tables',
          { cause: error },
        )
      }
    },
  )

  app.get('/api/token', async (request) => {
    if (mintToken === undefined)
      throw new ApiError(
        404,
        'no_token_here',
        'this dashboard makes no tokens',
        'open the page with one of your own, /#token=…, as `continuo token` prints it; `continuo start --dev` makes them by itself',
      )
    if (!sameOrigin(request.headers['sec-fetch-site']))
      throw new ApiError(403, 'foreign_origin', 'tokens are for this page only', 'open the dashboard itself')
    return { token: await mintToken() }
  })
}

/** Browsers say where a request comes from; what is not a browser says nothing. */
function sameOrigin(site: string | string[] | undefined): boolean {
  return site === undefined || site === 'same-origin' || site === 'none'
}
