import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { services } from '../../../kit/services.ts'
import { until } from '../../../kit/until.ts'
import { testGateway, type TestGateway } from '../../kit/gateway.ts'
import { rawClient, type RawClient } from '../../kit/raw-client.ts'
import { apiKey, callApi } from '../../kit/server-api.ts'

const page = readFileSync(join(import.meta.dirname, '../../../../docs/gateway.md'), 'utf8')
const call = promisify(execFile)

/** What is to be typed into a shell, each with what it should print: … stands for anything. */
const examples = Array.from(page.matchAll(/```sh\n([^]*?)\n# (.*)\n```/g), ([, command, printed]) => ({
  command: command!,
  printed: new RegExp(
    `^${printed!.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll('…', '.*')}\n?$`,
  ),
}))

test('what docs/gateway.md has one type prints what it says', async (t) => {
  const gateway: TestGateway = await testGateway(t, {
    ...(await services()),
    apiKeys: [apiKey],
    times: { beatEvery: 50 },
  })
  const client: RawClient = await rawClient(t, gateway.url)
  await client.connect('listener-7')
  const env = {
    ...process.env,
    GATEWAY: `http://127.0.0.1:${gateway.port}`,
    GATEWAY_API_KEY: apiKey,
  }
  await until(
    async () => {
      const { result } = await callApi(gateway.port, 'connections', { user: 'listener-7' })
      return Object.keys(result?.['connections'] as object).length
    },
    { what: 'the session to be known' },
  )
  assert.ok(examples.length >= 4, 'there are examples')
  for (const { command, printed } of examples) {
    const { stdout } = await call('sh', ['-c', command], { env })
    assert.match(stdout, printed, command)
  }
  await until(() => client.closed, { what: 'the log-out' })
  assert.deepEqual(client.closed, { code: 4501, reason: 'logged out' })
})
