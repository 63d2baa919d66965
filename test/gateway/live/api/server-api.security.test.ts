import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { Redis } from 'ioredis'
import { channelKeys } from '../../../../schemas/channels.ts'
import { services } from '../../../kit/services.ts'
import { testGateway, type TestGateway } from '../../kit/gateway.ts'
import { apiKey, callApi } from '../../kit/server-api.ts'

const newKey = 'n'.repeat(32)
let redisUrl: string
before(async () => {
  ;({ redisUrl } = await services())
})

test('the server API takes its keys, in either header, and nothing else', async (t) => {
  const { port, logged } = await testGateway(t, { redisUrl, apiKeys: [apiKey, newKey] })
  const statusWith = async (headers: Record<string, string>) =>
    (await callApi(port, 'info', {}, headers)).status
  assert.equal(await statusWith({ 'x-api-key': apiKey }), 200)
  assert.equal(await statusWith({ 'x-api-key': newKey }), 200)
  assert.equal(await statusWith({ authorization: `apikey ${apiKey}` }), 200)
  const wrong: Record<string, string>[] = [
    {},
    { 'x-api-key': '' },
    { 'x-api-key': apiKey.slice(1) },
    { 'x-api-key': `${apiKey}k` },
    { 'x-api-key': `${apiKey},${newKey}` },
    { authorization: `Bearer ${apiKey}` },
  ]
  for (const headers of wrong) assert.equal(await statusWith(headers), 401, JSON.stringify(headers))
  const { error } = await callApi(port, 'info', {}, {})
  assert.deepEqual(error, { code: 101, message: 'unauthorized' })
  assert.doesNotMatch(logged(), new RegExp(`${apiKey}|${newKey}`))
})

test('without a key there is no server API', async (t) => {
  const { port } = await testGateway(t, { redisUrl })
  const answer = await fetch(`http://127.0.0.1:${port}/api/info`, {
    method: 'POST',
    headers: { 'x-api-key': '' },
  })
  assert.equal(answer.status, 404)
  assert.match(await answer.text(), /GATEWAY_API_KEY opens it/)
})

test('an empty key, which who sends none would have, or one that could be guessed opens nothing: no gateway starts with it', async (t) => {
  for (const key of ['', 'short', 'k'.repeat(31)])
    await assert.rejects(testGateway(t, { redisUrl, apiKeys: [apiKey, key] }), {
      name: 'GatewayError',
      message: new RegExp(`${key.length} characters.*32`),
    })
})

const refused: [method: string, asked: unknown, status: number, code: number][] = [
  ['nothing', {}, 404, 104],
  ['constructor', {}, 404, 104],
  ['__proto__', {}, 404, 104],
  ['info', '{', 400, 107],
  ['info', '[]', 400, 107],
  ['info', `{"a":"${'x'.repeat(1024 * 1024)}"}`, 413, 106],
  ['disconnect', {}, 200, 107],
  ['disconnect', { user: 'ann', listener: 'both' }, 200, 107],
  ['disconnect', { user: 7 }, 200, 107],
  ['disconnect', { user: 'ann', client: {} }, 200, 107],
  ['disconnect', { user: 'ann', disconnect: { code: 1000, reason: '' } }, 200, 107],
  ['disconnect', { user: 'ann', disconnect: { code: 3503, reason: 'x'.repeat(124) } }, 200, 107],
  // A close frame that is no UTF-8 has no code: clients that were to stay away would come back.
  ['disconnect', { user: 'ann', disconnect: { code: 4501, reason: '\ud800' } }, 200, 107],
  ['connections', { user: '' }, 200, 107],
  ['history', { channel: 'artist:a', since: { offset: -1, epoch: '' } }, 200, 107],
  ['publish', { channel: 'artist:a', data: 1, idempotency_key: '\ud800' }, 200, 107],
  ['publish', Buffer.from('{"channel":"artist:a","data":"\xff"}', 'latin1'), 400, 107],
]

test('what cannot be is refused, with a code and no harm', async (t) => {
  const gateway: TestGateway = await testGateway(t, { redisUrl, apiKeys: [apiKey] })
  for (const [method, asked, status, code] of refused) {
    const answer = await callApi(gateway.port, method, asked)
    assert.deepEqual(
      [answer.status, answer.error?.code],
      [status, code],
      `${method} ${JSON.stringify(asked).slice(0, 80)}`,
    )
  }
  assert.equal((await callApi(gateway.port, 'info', '')).status, 200)
  const got = await fetch(`http://127.0.0.1:${gateway.port}/api/info`, { headers: { 'x-api-key': apiKey } })
  assert.equal(got.status, 405)
  assert.match(await got.text(), /by POST/)
})

test('calls that Redis does not answer are told of once, however many there are', async (t) => {
  const gateway = await testGateway(t, { redisUrl, apiKeys: [apiKey] })
  const redis = new Redis(redisUrl)
  t.after(() => redis.disconnect())
  const isToldOnce = () => assert.equal(gateway.logged().match(/WRONGTYPE/g)?.length, 1)
  await redis.set(channelKeys(gateway.keyPrefix, 'artist:a1').meta, 'no hash', 'EX', 10)
  await callApi(gateway.port, 'broadcast', { channels: ['artist:a1', 'artist:a2'], data: 1 })
  isToldOnce()
  for (let call = 0; call < 3; call++)
    assert.equal((await callApi(gateway.port, 'history', { channel: 'artist:a1' })).error?.code, 100)
  isToldOnce()
})
