import type { AddressInfo } from 'node:net'
import { ClickHouseLogLevel, createClient } from '@clickhouse/client'
import fastify, { type FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import { apiRoutes } from './api.ts'
import { bundlePage } from './bundle-page.ts'
import { answerStore } from './cache/answer-store.ts'
import { cachedAnswers } from './cache/cached-answers.ts'
import { connectRedis } from './cache/connect-redis.ts'
import type { VerifyListener, VerifyOperator } from './bearer.ts'
import type { ReadStages } from './endpoints/pipeline.ts'
import { DashboardError, answerErrors, answerUnread, logUntold } from './errors.ts'
import { measureRequests } from './metrics.ts'
import { describeRoutes } from './openapi.ts'
import { pageRoutes } from './page-routes.ts'
import { AT_A_TIME, queryGate } from './query-gate.ts'
import { secureAnswers, securityHeaders } from './security-headers.ts'
import { serveEndpoints } from './serve-endpoints.ts'
import { watchClickhouse } from './watch-clickhouse.ts'

export interface DashboardOptions {
  host: string
  /** 0 takes a free one. */
  port: number
  clickhouse: { url: string; database: string }
  /** Where answers are kept. Default: nowhere, ClickHouse is asked each time. */
  redis?: { url: string; prefix: string }
  /** What fewer listeners have played is not published. */
  k: number
  /** Where the reader's browser reaches the gateway: `ws://…/connection/websocket`. */
  gatewayUrl: string
  /** What browsers subscribe to pushes with, in base64url. Default: the page offers none. */
  vapidPublicKey?: string
  /** Development only: makes a token for whoever opens the page. Without it the reader brings one. */
  mintToken?: () => Promise<string>
  /** Whose token it is. Without it nobody is told what they themselves have played. */
  verifyListener?: VerifyListener
  /** Whose token is an operator's. Without it nobody is told how the pipeline is. */
  verifyOperator?: VerifyOperator
  /** How the stages of the pipeline are. Without it that is not told, but what ClickHouse has is. */
  readStages?: ReadStages
  log: Logger
  metrics: Registry
}

export interface Dashboard {
  port: number
  /** Whether the page has its history: ClickHouse answers. */
  ready(): boolean
  stop(): Promise<void>
}

/**
 * Bundles and serves the live page and its small API.
 * @throws DashboardError if the port is taken or the gateway's URL is none.
 */
export async function startDashboard(options: DashboardOptions): Promise<Dashboard> {
  const { host, port, clickhouse, redis, gatewayUrl, log, metrics } = options
  const headers = securityHeaders(gatewayUrl)
  const assets = await bundlePage()
  const client = createClient({
    ...clickhouse,
    application: 'continuo-dashboard',
    request_timeout: 6_000,
    // One more is for watchClickhouse, which looks whether it answers.
    max_open_connections: 2 * AT_A_TIME + 1,
    // What goes wrong is logged where it is answered.
    log: { level: ClickHouseLogLevel.OFF },
  })
  const connection = redis && (await connectRedis(redis.url, log))
  const app = fastify({
    logger: false,
    bodyLimit: 1024,
    forceCloseConnections: true,
    frameworkErrors: answerUnread(headers),
    // With strictNumbers ajv turns the text "Infinity" into a number and does not check its range.
    ajv: { customOptions: { removeAdditional: false, strictNumbers: false } },
  })
  answerErrors(app, log)
  secureAnswers(app, headers)
  measureRequests(app, metrics)
  await describeRoutes(app)
  pageRoutes(app, assets)
  apiRoutes(app, { ...options, vapidPublicKey: options.vapidPublicKey ?? '', now: Date.now })
  serveEndpoints(app, {
    ...options,
    client,
    place: `${new URL(clickhouse.url).host}/${clickhouse.database}`,
    answerTo: cachedAnswers(connection && answerStore(connection, redis.prefix), logUntold(log)),
    gates: { everybody: queryGate(), known: queryGate() },
    now: Date.now,
  })

  await listen(app, host, port)
  const address = app.server.address() as AddressInfo
  log.info({ host, port: address.port }, 'dashboard listens')
  const watch = watchClickhouse(client, log)
  return {
    port: address.port,
    ready: () => watch.answers(),
    async stop() {
      watch.stop()
      await app.close()
      connection?.disconnect()
      await client.close()
    },
  }
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<void> {
  try {
    await app.listen({ host, port })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    throw new DashboardError(
      `port ${port} is in use: stop what holds it, or set DASHBOARD_PORT to a free one`,
      {
        cause: error,
      },
    )
  }
}
