import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { type ObjectSchema, object, text } from './endpoints/schemas.ts'

const error = object({
  error: text('what went wrong, for programs'),
  message: text('the same for people'),
  remedy: text('what to do about it'),
})

const cacheHeaders = {
  age: { type: 'integer', description: 'seconds since the store was asked' },
  'cache-status': {
    type: 'string',
    description:
      'RFC 9211: `hit` from the cache, with the seconds for which it is fresh; less than zero: stale',
  },
}

/** The answers of a route: the one asked for, or an error. */
export const answers = (answer: object, from?: 'from the cache') => ({
  200: { description: 'what was asked for', ...answer, ...(from && { headers: cacheHeaders }) },
  '4xx': { description: 'not to be had like this', ...error },
  '5xx': { description: 'not to be had now', ...error },
})

export const described = (tag: string, summary: string) => ({ tags: [tag], summary })

export const nothing: ObjectSchema = object({})

/** Serves a description of all routes that are added behind it, OpenAPI 3.1, at `/api/openapi.json`. */
export async function describeRoutes(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Continuo',
        version: '1',
        description: 'Figures of listening. What is published is of at least k listeners.',
      },
      components: {
        securitySchemes: {
          listener: { type: 'http', scheme: 'bearer', description: 'as `continuo token` prints it' },
          operator: {
            type: 'http',
            scheme: 'bearer',
            description: 'as `continuo token --sub NAME --role operator` prints it',
          },
        },
      },
    },
  })
  const schema = {
    ...described('the page', 'This description.'),
    querystring: nothing,
    response: { 200: { description: 'OpenAPI 3.1', type: 'object', additionalProperties: true } },
  }
  app.get('/api/openapi.json', { schema }, () => app.swagger())
}
