import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { Redis } from 'ioredis'
import pino from 'pino'
import { listenersBy, operatorsBy } from '../../cli/dashboard.ts'
import { readRevocations } from '../../cli/read-revocations.ts'
import { mintToken } from '../../gateway/live/access/mint-token.ts'
import { revoke } from '../../gateway/live/access/revoke.ts'
import type { Revocation } from '../../schemas/revocations.ts'
import { services } from '../kit/services.ts'
import { until } from '../kit/until.ts'

const settings = { key: Buffer.alloc(32, 5), issuer: 'i', audience: 'a' }
const pseudonymOf = (user: string) => `pseudonym of ${user}`
const tokenOf = (sub: string) => mintToken({ ...settings, sub, ttlSeconds: 60, role: 'operator' })
const noCluster = () => assert.fail('there is no cluster')
const log = pino({ level: 'silent' })

test('the dashboard takes no token of a listener, or an operator, that has been revoked', async (t) => {
  const { redisUrl } = await services()
  const redis = new Redis(redisUrl)
  const keyPrefix = `test-${randomUUID()}:`
  const config = { REDIS_URL: redisUrl, REDIS_PREFIX: keyPrefix, TOKEN_LONGEST_LIFE_S: 3_600 }
  const revocations = await readRevocations(config, log, noCluster)
  t.after(() => {
    revocations.stop()
    redis.disconnect()
  })
  const listener = listenersBy(settings, pseudonymOf, revocations.check)
  const operator = operatorsBy(settings, pseudonymOf, revocations.check)
  const [ann, bob] = [await tokenOf('ann'), await tokenOf('bob')]
  assert.equal(await until(() => listener(ann), { what: 'Redis to have answered' }), pseudonymOf('ann'))
  assert.equal(await operator(ann), true)

  const end = (revocation: Revocation) => revoke({ redis, keyPrefix, lifeMs: 3_600_000 }, revocation)
  await end({ listener: pseudonymOf('ann'), issuedBefore: Date.now() + 1 })
  await until(async () => (await listener(ann)) === undefined, { what: 'ann to be refused' })
  assert.equal(await operator(ann), undefined)
  assert.equal(await listener(bob), pseudonymOf('bob'))
  await end({ issuedBefore: Date.now() + 1 })
  await until(async () => (await operatorsBy(settings, undefined, revocations.check)(bob)) === undefined, {
    what: 'everybody to be refused',
  })
})

test('until Redis has answered nobody can tell', async (t) => {
  const config = { REDIS_URL: 'redis://127.0.0.1:1', REDIS_PREFIX: '', TOKEN_LONGEST_LIFE_S: 3_600 }
  const revocations = await readRevocations(config, log, noCluster)
  t.after(() => revocations.stop())
  const asked = listenersBy(settings, pseudonymOf, revocations.check)(await tokenOf('ann'))
  await assert.rejects(asked, { status: 503, code: 'cannot_tell' })
})
