import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cacheFolder } from '../../stack/downloads/cache.ts'
import { freePort } from '../../stack/ports.ts'
import { serviceDefinitions, startChild } from '../../stack/index.ts'
import { until } from './until.ts'

/** A Redis of a test's own, started with these arguments more, without data. */
export async function redisServer(...more: string[]) {
  const { redis } = serviceDefinitions
  const folder = await mkdtemp(join(tmpdir(), 'continuo-redis-'))
  const port = await freePort()
  const downloads = {
    folder: cacheFolder(process.env),
    env: process.env,
    signal: new AbortController().signal,
    progress: () => undefined,
  }
  const { file, args, env } = await redis.prepare({ port, folder, downloads })
  const child = await startChild({ name: 'redis', dataDir: folder, file, args: [...args, ...more], env })
  await until(() => redis.answers(port), { what: 'Redis to be up' })
  return {
    port,
    url: redis.url(port),
    /** Without a word, and for good. */
    kill: () => child.kill(),
    async close(): Promise<void> {
      await child.kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
