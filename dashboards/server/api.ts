import type { FastifyInstance } from 'fastify'
import { ApiError } from './errors.ts'
import type { ClickThroughHistory, MinuteHistory } from './history.ts'

export interface ApiOptions {
  gatewayUrl: string
  vapidPublicKey: string
  history: (minutes: number) => Promise<MinuteHistory>
  clickThrough: () => Promise<ClickThroughHistory>
  now: () => number
  /** Development only: makes a token for whoever opens the page. */
  mintToken?: () => Promise<string>
}

/** A query string of one number. */
const oneNumber = (name: string, maximum: number, byDefault: number) =>
  ({
    type: 'object',
    properties: { [name]: { type: 'integer', minimum: 1, maximum, default: byDefault } },
    additionalProperties: false,
  }) as const

const nothing = { type: 'object', properties: {}, additionalProperties: false } as const

/** The JSON that the page asks for. */
export function apiRoutes(app: FastifyInstance, options: ApiOptions): void {
  const { gatewayUrl, vapidPublicKey, history, clickThrough, now, mintToken } = options
  app.addHook('onRequest', async (request, reply) => {
    if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store')
  })

  app.get('/api/config', () => ({ gatewayUrl, vapidPublicKey }))

  app.get('/api/time', () => ({ now: now() }))

  app.get<{ Querystring: { minutes: number } }>(
    '/api/plays-by-minute',
    { schema: { querystring: oneNumber('minutes', 1440, 60) } },
    async ({ query: { minutes } }) => answered(history(minutes)),
  )

  app.get('/api/click-through', { schema: { querystring: nothing } }, async () => answered(clickThrough()))

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

/** What ClickHouse answers. @throws ApiError if it does not. */
async function answered<Answer>(answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer
  } catch (error) {
    throw new ApiError(
      503,
      'history_unavailable',
      'ClickHouse did not answer the query',
      'check that ClickHouse runs at CLICKHOUSE_URL and that `continuo migrate` has made the tables',
      { cause: error },
    )
  }
}

/** Browsers say where a request comes from; what is not a browser says nothing. */
function sameOrigin(site: string | string[] | undefined): boolean {
  return site === undefined || site === 'same-origin' || site === 'none'
}
