import type { ClickHouseClient } from '@clickhouse/client'
import type { Query } from '../../queries/query.ts'
import type { Gate } from '../query-gate.ts'
import type { ReadStages } from './pipeline.ts'
import type { ObjectSchema } from './schemas.ts'

/** Where answers come from, and of how many listeners what they tell has to be. */
export interface Source {
  client: ClickHouseClient
  k: number
}

/** Seconds for which an answer is given out as it is, and then while a newer one is fetched. */
export interface Freshness {
  fresh: number
  kept: number
}

/** What an endpoint answers, to the page and to reports: JSON changes nothing of it. */
export type AnswerOf<E extends { read(...asked: never[]): Promise<object> }> = Awaited<ReturnType<E['read']>>

/** A question to the API: how it is asked, and how long an answer to it is good for. */
export interface Endpoint {
  path: `/api/${string}`
  /** A sentence for the description. */
  summary: string
  querystring: ObjectSchema
  answer: ObjectSchema
  freshness: Freshness
  /** What it asks: a cached answer is one to these. */
  queries: readonly Query<never, unknown>[]
}

/** A question that everybody may ask. */
export interface PublicEndpoint<Querystring, Plan extends object> extends Endpoint {
  /** What is asked for, aligned to whole minutes or days. @throws ApiError 400 */
  plan(querystring: Querystring, now: number): Plan
  /** What may be published of it. */
  read(source: Source, plan: Plan): Promise<object>
}

/** A question that a listener may ask about themselves alone. */
export interface OwnEndpoint<Querystring, Plan extends object> extends Endpoint {
  plan(querystring: Querystring, now: number): Plan
  read(client: ClickHouseClient, listener: string, plan: Plan): Promise<object>
}

/** Where answers for operators come from. */
export interface OperatorSource {
  client: ClickHouseClient
  /** What is asked of ClickHouse goes through it. */
  gate: Gate
  /** Undefined: nobody has told this dashboard of a Kafka. */
  readStages: ReadStages | undefined
}

/** A question that operators alone may ask: its figures are of however few listeners. */
export interface OperatorEndpoint<Querystring, Plan extends object> extends Endpoint {
  plan(querystring: Querystring, now: number): Plan
  read(source: OperatorSource, plan: Plan): Promise<object>
}
