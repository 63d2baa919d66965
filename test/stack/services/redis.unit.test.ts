import assert from 'node:assert/strict'
import { test } from 'node:test'
import { redis } from '../../../stack/services/redis.ts'
import { someDownloads } from '../downloads/some-downloads.ts'

test('a server of the machine is taken if it is new enough', async (t) => {
  const downloads = await someDownloads(t)
  const server = await downloads.program('valkey-server', 'echo "Valkey server v=8.0.1 sha=0"')
  const { file, args } = await redis.prepare({ port: 6400, folder: '/data/redis', downloads })
  assert.equal(file, server)
  assert.deepEqual(args.slice(0, 4), ['--bind', '127.0.0.1', '--port', '6400'])
  assert.deepEqual(downloads.lines, [])
})

test('an older one is not, and a wheel without a server for this platform is refused', async (t) => {
  const downloads = await someDownloads(t)
  await downloads.program('redis-server', 'echo "Redis server v=6.2.1 sha=0"')
  await downloads.program('python3', 'exit 0')
  await assert.rejects(redis.prepare({ port: 6400, folder: '/data/redis', downloads }), {
    code: 'platform_unsupported',
    remedy: /install redis-server or valkey-server 7 or newer, or set REDIS_URL/,
  })
})
