import { Cluster } from 'ioredis'
import { ASK_THE_SERVER, runIdIn } from '../../../schemas/publishing.ts'
import type { RedisClient } from '../../../schemas/redis-servers.ts'

/** Tells which run of the server the connection is to, asking once for each connection. The function throws if Redis does not answer. */
export function runIdOf(redis: RedisClient): () => Promise<string> {
  if (redis instanceof Cluster) return () => Promise.resolve(ASK_THE_SERVER)
  let runId: Promise<string> | undefined
  // The server behind the next connection may be another.
  redis.on('close', () => (runId = undefined))
  return async () => {
    runId ??= redis.info('server').then(runIdIn)
    try {
      return await runId
    } catch (error) {
      runId = undefined
      throw error
    }
  }
}
