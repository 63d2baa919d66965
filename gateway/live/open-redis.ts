import type { GatewayOptions } from './options.ts'
import { Feed } from './feed.ts'
import { nodeConnection, redisClient, redisConnection } from './redis.ts'

/** Connections to each server of Redis, not yet open: one asks, and one hears what is published. */
export async function openRedis({
  redisUrl,
  log,
  onDone,
}: Pick<GatewayOptions, 'redisUrl' | 'log' | 'onDone'>) {
  const commands = await redisClient(redisUrl, log, () => onDone?.())
  const connect = (server: string | undefined) =>
    server === undefined ? redisConnection(redisUrl, log) : nodeConnection(redisUrl, server, log)
  const feed = new Feed({ commands, connect, log })
  return {
    ...{ commands, feed },
    answers: () => commands.status === 'ready' && feed.isReady,
    /** Resolves when all have been tried once. They go on trying by themselves; what keeps them away is logged by their own handler. */
    async connect() {
      feed.start()
      await commands.connect().catch(() => undefined)
      await feed.tried()
    },
    disconnect() {
      commands.disconnect()
      feed.stop()
    },
  }
}
