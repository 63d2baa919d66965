import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountIn, slotOf } from '../../schemas/redis-servers.ts'
import { redisHostsIn, redisUrlsIn } from '../../schemas/redis-urls.ts'

test('several nodes of a cluster go apart by commas, of which a password may have some', () => {
  const url = 'rediss://continuo:a,b%2F@one:6379,rediss://two:6380'
  assert.deepEqual(redisUrlsIn(url), ['rediss://continuo:a,b%2F@one:6379', 'rediss://two:6380'])
  assert.equal(redisHostsIn(url), 'one:6379, two:6380')
  assert.deepEqual(accountIn(url), { username: 'continuo', password: 'a,b/', tls: {} })
  assert.deepEqual(redisUrlsIn('redis://localhost:6379'), ['redis://localhost:6379'])
  assert.deepEqual(accountIn('redis://localhost:6379'), {})
})

test('a key lies in the slot that Redis says, and what is in braces alone counts', () => {
  // From the specification of Redis Cluster.
  assert.equal(slotOf('123456789'), 0x31c3)
  assert.equal(slotOf('{user1000}.following'), slotOf('{user1000}.followers'))
})
