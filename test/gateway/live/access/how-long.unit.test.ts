import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import type { Redis } from 'ioredis'
import { SignJWT } from 'jose'
import pino from 'pino'
import { Registry } from 'prom-client'
import { openAccess } from '../../../../gateway/live/access/access.ts'
import type { Feed } from '../../../../gateway/live/feed.ts'
import { TokenInvalid } from '../../../../gateway/live/access/refusals.ts'

const DAY = 86_400
const longestLifeSeconds = 30 * DAY
const token = {
  key: Buffer.alloc(32, 'k'),
  issuer: 'i',
  audience: 'a',
  toleranceSeconds: 10,
  longestLifeSeconds,
}

/** Access beside a Redis where the token `t1` was revoked so long ago. */
async function revokedAgo(ms: number) {
  const id = `${Date.now() - ms}-0`
  const redis = Object.assign(new EventEmitter(), {
    status: 'ready',
    defineCommand: () => undefined,
    xrange: () => Promise.resolve([[id, ['revocation', JSON.stringify({ tokenId: 't1' })]]]),
  }) as unknown as Redis
  const feed = { on: () => feed as unknown as Feed, listen: () => Promise.resolve() }
  const access = openAccess({
    ...{ token, pseudonymOf: (user) => user, feed, commands: redis, keyPrefix: '', lookEvery: 60_000 },
    ...{ onMore: () => undefined, log: pino({ level: 'silent' }), metrics: new Registry() },
  })
  access.revocations.start()
  redis.emit('ready')
  access.revocations.stop()
  await access.revocations.looked()
  return access
}

function tokenFor({ iat, exp }: { iat: number; exp: number }): Promise<string> {
  const claims = new SignJWT({ iat, exp }).setIssuer('i').setAudience('a').setSubject('ada')
  return claims.setProtectedHeader({ alg: 'HS256' }).sign(token.key)
}

test('a revocation outlives the longest token by what clocks may differ, and by little more', async () => {
  const late = await revokedAgo((longestLifeSeconds + 3 * token.toleranceSeconds) * 1_000)
  const identity = { userId: 'ada', listener: 'ada', expiresAt: 0, tokenId: 't1' }
  assert.throws(() => late.checks.checkRevoked(identity), TokenInvalid)
  const gone = await revokedAgo((longestLifeSeconds + 120) * 1_000)
  gone.checks.checkRevoked(identity)
})

test('a token that was made for longer than tokens may live is never good, not at its end either', async () => {
  const { checks } = await revokedAgo(0)
  const now = Math.floor(Date.now() / 1_000)
  const ofLongAgo = await tokenFor({ iat: now - 20 * DAY, exp: now + 11 * DAY })
  await assert.rejects(checks.verify(ofLongAgo), TokenInvalid)
  const allowed = await tokenFor({ iat: now - 20 * DAY, exp: now + 10 * DAY })
  assert.equal((await checks.verify(allowed)).listener, 'ada')
})
