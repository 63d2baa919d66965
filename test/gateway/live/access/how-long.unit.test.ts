import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SignJWT } from 'jose'
import { TokenInvalid } from '../../../../gateway/live/access/refusals.ts'
import { accessBeside, lastingToken } from '../../kit/access-beside.ts'

const DAY = 86_400
const { key, longestLifeSeconds, toleranceSeconds } = lastingToken

/** Access beside a Redis where the token `t1` was revoked so long ago. */
const revokedAgo = (ms: number) => accessBeside([[`${Date.now() - ms}-0`, JSON.stringify({ tokenId: 't1' })]])

function tokenFor({ iat, exp }: { iat: number; exp: number }): Promise<string> {
  const claims = new SignJWT({ iat, exp }).setIssuer('i').setAudience('a').setSubject('ada')
  return claims.setProtectedHeader({ alg: 'HS256' }).sign(key)
}

test('a revocation outlives the longest token by what clocks may differ, and by little more', async () => {
  const late = await revokedAgo((longestLifeSeconds + 3 * toleranceSeconds) * 1_000)
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
