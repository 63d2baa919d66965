import type { FastifyInstance } from 'fastify'
import type { Asset } from './bundle-page.ts'

/** Serves the page at `/` and its files beside it; browsers keep them and ask each time whether they changed. */
export function pageRoutes(app: FastifyInstance, assets: Asset[]): void {
  for (const { name, type, body, etag } of assets) {
    app.get(name === 'index.html' ? '/' : `/${name}`, { schema: { hide: true } }, async (request, reply) => {
      reply.headers({ etag, 'cache-control': 'no-cache' })
      if (request.headers['if-none-match'] === etag) return reply.code(304).send()
      return reply.type(type).send(body)
    })
  }
}
