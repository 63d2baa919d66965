import type { Redis } from 'ioredis'
import { runIdIn } from '../../../schemas/publishing.ts'

/** Tells which run of the server the connection is to, asking once for each connection. The function throws if Redis does not answer. */
export function runIdOf(redis: Redis): () => Promise<string> {
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
