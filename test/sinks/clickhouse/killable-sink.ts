import { randomUUID } from 'node:crypto'
import { sinksProcess } from '../../kit/role-process.ts'
import { sinkRoom } from '../sink-room.ts'
import { clickhouseProxy } from './clickhouse-proxy.ts'
import { clickhouseRoom } from './room.ts'

/** Topics and a database of a test file's own, and the sink between them as processes that can be killed, behind a proxy that can hold up inserts. */
export async function killableSink() {
  const room = await sinkRoom()
  const clickhouse = await clickhouseRoom()
  const proxy = await clickhouseProxy(clickhouse.url)
  const applicationId = randomUUID()
  const running = new Set<Awaited<ReturnType<typeof sinksProcess>>>()
  return {
    room,
    clickhouse,
    proxy,
    applicationId,
    /** Those that are to be killed after a test. */
    running,

    async start() {
      const sink = await sinksProcess('clickhouse', {
        ...room.env,
        CLICKHOUSE_URL: proxy.url,
        CLICKHOUSE_DATABASE: clickhouse.database,
        APPLICATION_ID: applicationId,
      })
      running.add(sink)
      return sink
    },

    async killAll(): Promise<void> {
      proxy.onInsert((forward) => forward())
      for (const sink of running) await sink.kill()
      running.clear()
    },

    async close(): Promise<void> {
      proxy.close()
      await clickhouse.close()
      await room.close()
    },
  }
}
