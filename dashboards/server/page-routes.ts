import type { FastifyInstance } from 'fastify'
import { places } from '../web/model/places.ts'
import type { Asset } from './bundle-page.ts'

/** Serves the page wherever one of its views is, and its files at `/`; browsers keep them and ask each time whether they changed. */
export function pageRoutes(app: FastifyInstance, assets: Asset[]): void {
  for (const { name, type, body, etag } of assets) {
    const paths = name === 'index.html' ? Object.values(places) : [`/${name}`]
    for (const path of paths)
      app.get(path, { schema: { hide: true } }, async (request, reply) => {
        reply.headers({ etag, 'cache-control': 'no-cache' })
        if (request.headers['if-none-match'] === etag) return reply.code(304).send()
        return reply.type(type).send(body)
      })
  }
}
