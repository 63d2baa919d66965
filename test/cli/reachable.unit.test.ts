import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { test } from 'node:test'
import { loadConfig } from '../../cli/config.ts'
import { requireServices } from '../../cli/reachable.ts'
import { registryStub } from '../schemas/registry-stub.ts'

test('a service that answers anything is there', async (t) => {
  const { url } = await registryStub(t, () => ({ status: 404, body: { error_code: 40403, message: 'no' } }))
  const config = loadConfig({ SCHEMA_REGISTRY_URL: url, CLICKHOUSE_URL: url })
  await requireServices(config, ['schemaRegistry', 'clickhouse'])
})

test('a Redis that refuses is named with its reason', async (t) => {
  const server = createServer((socket) => {
    socket.on('data', () => socket.write('-WRONGPASS invalid username-password pair\r\n'.repeat(4)))
    socket.on('error', () => undefined)
  }).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const config = loadConfig({ REDIS_URL: `redis://127.0.0.1:${port}` })
  await assert.rejects(requireServices(config, ['redis']), {
    name: 'ServiceAwayError',
    message: `Redis at 127.0.0.1:${port} (REDIS_URL) refuses: WRONGPASS invalid username-password pair`,
  })
})
