import type { FastifyInstance } from 'fastify'
import { object, text, time } from './endpoints/schemas.ts'
import { ApiError } from './errors.ts'
import { answers, described, nothing } from './openapi.ts'

export interface ApiOptions {
  gatewayUrl: string
  vapidPublicKey: string
  now: () => number
  /** Development only: makes a token for whoever opens the page. */
  mintToken?: () => Promise<string>
}

const schemaOf = (summary: string, answer: Record<string, object>) => ({
  ...described('the page', summary),
  querystring: nothing,
  response: answers(object(answer)),
})

/** What the page asks about itself. */
export function apiRoutes(app: FastifyInstance, options: ApiOptions): void {
  const { gatewayUrl, vapidPublicKey, now, mintToken } = options
  app.addHook('onRequest', async (request, reply) => {
    // By the route: the address of a request may have a host before its path.
    if (request.routeOptions.url?.startsWith('/api/') === true) reply.header('cache-control', 'no-store')
  })

  const config = {
    gatewayUrl: text('where the gateway is'),
    vapidPublicKey: text('what browsers subscribe to pushes with; empty: to none'),
  }
  app.get('/api/config', { schema: schemaOf('What the page has to know.', config) }, () => ({
    gatewayUrl,
    vapidPublicKey,
  }))

  const clock = { now: time('the time of this server') }
  app.get('/api/time', { schema: schemaOf('What time it is.', clock) }, () => ({ now: now() }))

  const token = { token: text('with which the page connects to the gateway') }
  app.get(
    '/api/token',
    { schema: schemaOf('A token for who opens the page; in development only.', token) },
    async (request) => {
      if (mintToken === undefined)
        throw new ApiError(
          404,
          'no_token_here',
          'this dashboard makes no tokens',
          'open the page with one of your own, /#token=…, as `continuo token` prints it; `continuo start --dev` makes them by itself',
        )
      if (!sameOrigin(request.headers['sec-fetch-site']))
        throw new ApiError(
          403,
          'foreign_origin',
          'tokens are for this page only',
          'open the dashboard itself',
        )
      return { token: await mintToken() }
    },
  )
}

/** Browsers say where a request comes from; what is not a browser says nothing. */
function sameOrigin(site: string | string[] | undefined): boolean {
  return site === undefined || site === 'same-origin' || site === 'none'
}
