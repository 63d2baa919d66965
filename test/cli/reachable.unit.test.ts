import { test } from 'node:test'
import { loadConfig } from '../../cli/config.ts'
import { requireServices } from '../../cli/reachable.ts'
import { registryStub } from '../schemas/registry-stub.ts'

test('a service that answers anything is there', async (t) => {
  const { url } = await registryStub(t, () => ({ status: 404, body: { error_code: 40403, message: 'no' } }))
  const config = loadConfig({ SCHEMA_REGISTRY_URL: url, CLICKHOUSE_URL: url })
  await requireServices(config, ['schemaRegistry', 'clickhouse'])
})
