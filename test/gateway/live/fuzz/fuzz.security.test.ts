import assert from 'node:assert/strict'
import { test } from 'node:test'
import { services } from '../../../kit/services.ts'
import { until } from '../../../kit/until.ts'
import { testGateway } from '../../kit/gateway.ts'
import { fuzzGateway } from './fuzz-gateway.ts'
import { fuzzLimits } from './hostile-input.ts'
import { fuzzTokens } from './fuzz-tokens.ts'

const FRAMES = 20_000

test('whatever comes over a socket is answered as the protocol says, or ends it with the right code', async (t) => {
  const gateway = await testGateway(t, {
    ...(await services()),
    limits: { ...fuzzLimits, maxFramesPerSecond: Infinity, maxPendingCommands: Infinity },
  })
  const account = await fuzzGateway({
    port: gateway.port,
    tokens: await fuzzTokens(),
    frames: FRAMES,
    seed: 7,
  })
  const total = Object.values(account).reduce((sum, each) => sum + each, 0)
  assert.ok(total >= FRAMES)
  assert.equal(Object.keys(account).length, 36, JSON.stringify(account))
  await until(async () => (await gateway.metric('continuo_gateway_connections')) === 0, {
    what: 'all to be gone',
  })
  await until(async () => (await gateway.metric('continuo_gateway_subscriptions')) === 0, {
    what: 'no subscription to be left',
  })
  assert.ok(!/"level":[56]0/.test(gateway.logged()))
})
