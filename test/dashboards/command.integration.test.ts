import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { freePort } from '../../stack/ports.ts'
import { services } from '../kit/services.ts'
import { until } from '../kit/until.ts'

const main = new URL('../../cli/main.ts', import.meta.url).pathname
const key = Buffer.alloc(32, 7).toString('base64')

/** `continuo dashboard …` in a process of its own. */
async function dashboardProcess(args: string[], env: Record<string, string> = {}) {
  const [port, health] = [await freePort(), await freePort()]
  const { clickhouseUrl } = await services()
  const child = spawn(process.execPath, [main, 'dashboard', ...args], {
    env: {
      ...process.env,
      CLICKHOUSE_URL: clickhouseUrl,
      DASHBOARD_PORT: String(port),
      HEALTH_PORT: String(health),
      TOKEN_KEY: key,
      ...env,
    },
  })
  let output = ''
  child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()))
  child.stderr.on('data', (bytes: Buffer) => (output += bytes.toString()))
  const exit = once(child, 'exit') as Promise<[number | null, string | null]>
  return {
    child,
    exit,
    output: () => output,
    address: `http://127.0.0.1:${port}`,
    health: `http://127.0.0.1:${health}`,
  }
}

test('the verb serves the page with tokens in development, is healthy, and stops when told', async (t) => {
  const { child, exit, output, address, health } = await dashboardProcess(['--dev'])
  t.after(() => child.kill('SIGKILL'))
  await until(async () => (await fetch(`${health}/readyz`)).status === 200, {
    within: 30_000,
    what: 'the dashboard to be ready',
  })
  assert.equal((await fetch(address)).status, 200)
  const { token } = (await (await fetch(`${address}/api/token`)).json()) as { token: string }
  const claims = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as Record<
    string,
    unknown
  >
  assert.equal(claims['iss'], 'continuo')
  const { gatewayUrl } = (await (await fetch(`${address}/api/config`)).json()) as { gatewayUrl: string }
  assert.match(gatewayUrl, /^ws:\/\/localhost:8000\//)
  assert.match(await (await fetch(`${health}/metrics`)).text(), /continuo_dashboard_request_seconds/)

  child.kill('SIGTERM')
  assert.deepEqual(await exit, [0, null])
  for (const line of output().trim().split('\n')) JSON.parse(line)
})

test('without --dev the verb makes no tokens and needs no key', async (t) => {
  const env = { TOKEN_KEY: '', GATEWAY_URL: 'wss://live.example/connection/websocket' }
  const { child, address } = await dashboardProcess([], env)
  t.after(() => child.kill('SIGKILL'))
  const config = await until(async () => (await fetch(`${address}/api/config`)).text(), {
    within: 30_000,
    what: 'the dashboard to answer',
  })
  assert.equal(config, '{"gatewayUrl":"wss://live.example/connection/websocket","vapidPublicKey":""}')
  assert.equal((await fetch(`${address}/api/token`)).status, 404)
})

test('with --dev and no key it refuses to start and names the variable', async () => {
  const { exit, output } = await dashboardProcess(['--dev'], { TOKEN_KEY: '' })
  const [code] = await exit
  assert.equal(code, 1)
  assert.match(output(), /TOKEN_KEY/)
})
