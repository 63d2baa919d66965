import { createHash } from 'node:crypto'
import type { ClickHouseClient } from '@clickhouse/client'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { AnswerTo } from './cache/cached-answers.ts'
import { artistByDay } from './endpoints/artist-by-day.ts'
import { artistByHour } from './endpoints/artist-by-hour.ts'
import { clickThrough } from './endpoints/click-through.ts'
import { cohortRetention } from './endpoints/cohort-retention.ts'
import { deadLetters } from './endpoints/dead-letters.ts'
import type { Endpoint, OperatorEndpoint, OwnEndpoint, PublicEndpoint } from './endpoints/endpoint.ts'
import { ownImports } from './endpoints/own-imports.ts'
import { ownPlays } from './endpoints/own-plays.ts'
import { type ReadStages, pipeline } from './endpoints/pipeline.ts'
import { playsByDay } from './endpoints/plays-by-day.ts'
import { playsByHour } from './endpoints/plays-by-hour.ts'
import { playsByMinute } from './endpoints/plays-by-minute.ts'
import { topArtists } from './endpoints/top-artists.ts'
import { answers, described } from './openapi.ts'
import type { Gate } from './query-gate.ts'
import { type VerifyListener, type VerifyOperator, listenerByToken, requireOperatorToken } from './bearer.ts'

export interface EndpointOptions {
  client: ClickHouseClient
  /** Tells one ClickHouse and database from another, without a secret. */
  place: string
  k: number
  answerTo: AnswerTo
  /** Who has no token can hold up nobody who has one. */
  gates: { everybody: Gate; known: Gate }
  now: () => number
  verifyListener?: VerifyListener
  verifyOperator?: VerifyOperator
  readStages?: ReadStages
}

/** What is asked of ClickHouse: by everybody, and by a listener about themselves. */
export function serveEndpoints(app: FastifyInstance, options: EndpointOptions): void {
  servePublic(app, options, playsByMinute)
  servePublic(app, options, playsByHour)
  servePublic(app, options, playsByDay)
  servePublic(app, options, topArtists)
  servePublic(app, options, artistByDay)
  servePublic(app, options, artistByHour)
  servePublic(app, options, cohortRetention)
  servePublic(app, options, clickThrough)
  serveOwn(app, options, ownPlays)
  serveOwn(app, options, ownImports)
  serveOperators(app, options, pipeline)
  serveOperators(app, options, deadLetters)
}

function servePublic<Querystring, Plan extends object>(
  app: FastifyInstance,
  options: EndpointOptions,
  endpoint: PublicEndpoint<Querystring, Plan>,
): void {
  const { client, k, gates, now } = options
  const answer = answerer(options, endpoint)
  app.get(endpoint.path, { schema: schemaOf(endpoint, 'figures of everybody') }, ({ query }, reply) => {
    const plan = endpoint.plan(query as Querystring, now())
    return answer(reply, ['everybody', k, plan], () =>
      gates.everybody(() => endpoint.read({ client, k }, plan)),
    )
  })
}

function serveOwn<Querystring, Plan extends object>(
  app: FastifyInstance,
  options: EndpointOptions,
  endpoint: OwnEndpoint<Querystring, Plan>,
): void {
  const { client, gates, now } = options
  const listenerOf = listenerByToken(options.verifyListener)
  const answer = answerer(options, endpoint)
  app.get(
    endpoint.path,
    { schema: { ...schemaOf(endpoint, 'a listener’s own'), security: [{ listener: [] }] } },
    async ({ query, headers }, reply) => {
      reply.headers({ 'cache-control': 'private, no-store', vary: 'authorization' })
      const listener = await listenerOf(headers.authorization)
      const plan = endpoint.plan(query as Querystring, now())
      return answer(reply, ['listener', listener, plan], () =>
        gates.known(() => endpoint.read(client, listener, plan)),
      )
    },
  )
}

function serveOperators<Querystring, Plan extends object>(
  app: FastifyInstance,
  options: EndpointOptions,
  endpoint: OperatorEndpoint<Querystring, Plan>,
): void {
  const { client, gates, readStages, now } = options
  const requireOperator = requireOperatorToken(options.verifyOperator)
  const answer = answerer(options, endpoint)
  app.get(
    endpoint.path,
    { schema: { ...schemaOf(endpoint, 'for operators'), security: [{ operator: [] }] } },
    async ({ query, headers }, reply) => {
      reply.headers({ 'cache-control': 'private, no-store', vary: 'authorization' })
      await requireOperator(headers.authorization)
      const plan = endpoint.plan(query as Querystring, now())
      return answer(reply, ['operators', plan], () =>
        endpoint.read({ client, gate: gates.known, readStages }, plan),
      )
    },
  )
}

const schemaOf = ({ summary, querystring, answer }: Endpoint, tag: string) => ({
  ...described(tag, summary),
  querystring,
  response: answers(answer, 'from the cache'),
})

/** Answers from the cache or by `read`, and tells how old that is. `about` and the endpoint are all that an answer depends on. */
function answerer({ place, answerTo, now }: EndpointOptions, endpoint: Endpoint) {
  const { path, freshness, queries, answer } = endpoint
  const shape = digest([queries.map(({ sql }) => sql), answer])
  return async (
    reply: FastifyReply,
    about: unknown[],
    read: () => Promise<object>,
  ): Promise<FastifyReply> => {
    const { body, askedAt, from } = await answerTo({
      key: digest([place, path, shape, about]),
      freshMs: freshness.fresh * 1000,
      keptMs: freshness.kept * 1000,
      ask: async () => JSON.stringify(await read()),
    })
    const age = Math.max(0, Math.floor((now() - askedAt) / 1000))
    const status = from === 'cache' ? `hit; ttl=${freshness.fresh - age}` : 'fwd=miss'
    return reply
      .headers({ age: String(age), 'cache-status': `continuo; ${status}` })
      .type('application/json; charset=utf-8')
      .send(body)
  }
}

const digest = (what: unknown[]): string =>
  createHash('sha256').update(JSON.stringify(what)).digest('base64url')
