import { randomUUID } from 'node:crypto'
import type { TestContext } from 'node:test'
import { createClient } from '@clickhouse/client'
import { Redis } from 'ioredis'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { listenersBy, operatorsBy } from '../../cli/dashboard.ts'
import { type DashboardOptions, startDashboard } from '../../dashboards/server/index.ts'
import { mintToken } from '../../gateway/live/access/mint-token.ts'
import { pseudonymise } from '../../schemas/pseudonym.ts'
import { services } from '../kit/services.ts'
import { type ArtistPlay, testDatabase } from './database.ts'

const token = { key: Buffer.alloc(32, 5), issuer: 'continuo', audience: 'continuo-gateway' }
const pseudonymOf = (id: string) => pseudonymise(Buffer.alloc(32, 6), id)

/** A database and a part of Redis of their own, and dashboards on them. */
export async function apiRoom() {
  const { clickhouseUrl, redisUrl } = await services()
  const database = await testDatabase(clickhouseUrl)
  const client = createClient({ url: clickhouseUrl, database: database.database })
  const redis = new Redis(redisUrl)
  const prefix = `test:${randomUUID()}:`

  return {
    clickhouse: { url: clickhouseUrl, database: database.database },
    database,
    client,
    redis,
    prefix,
    /** Plays of listeners by name. */
    insert: (plays: ArtistPlay[]): Promise<void> =>
      database.insertArtistPlays(plays.map((play) => ({ ...play, listener: pseudonymOf(play.listener) }))),
    /** A dashboard of its own, by default with k = 1 and with the cache. */
    async dashboard(t: Pick<TestContext, 'after'>, options: Partial<DashboardOptions> = {}) {
      const { port, stop } = await startDashboard({
        host: '127.0.0.1',
        port: 0,
        clickhouse: { url: clickhouseUrl, database: database.database },
        redis: { url: redisUrl, prefix },
        k: 1,
        gatewayUrl: 'ws://127.0.0.1:1/connection/websocket',
        verifyListener: listenersBy(token, pseudonymOf),
        verifyOperator: operatorsBy(token),
        log: pino({ level: 'silent' }),
        metrics: new Registry(),
        ...options,
      })
      t.after(stop)
      return (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${port}${path}`, init)
    },
    /** What a listener sends to be known, valid for so many seconds. */
    authorization: async (sub: string, ttlSeconds = 60, settings = token) => ({
      authorization: `Bearer ${await mintToken({ ...settings, sub, ttlSeconds })}`,
    }),
    /** The same of an operator. */
    operator: async (settings = token) => ({
      authorization: `Bearer ${await mintToken({ ...settings, sub: 'op', ttlSeconds: 60, role: 'operator' })}`,
    }),
    async close(): Promise<void> {
      await client.close()
      redis.disconnect()
      await database.drop()
    },
  }
}
