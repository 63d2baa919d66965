import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import type { Redis } from 'ioredis'
import { pino } from 'pino'
import {
  type Bounds,
  FLIGHT_MS,
  StoreAway,
  answerStore,
} from '../../../../dashboards/server/cache/answer-store.ts'
import { cachedAnswers } from '../../../../dashboards/server/cache/cached-answers.ts'
import { connectRedis } from '../../../../dashboards/server/cache/connect-redis.ts'
import { tcpProxy } from '../../../gateway/kit/tcp-proxy.ts'
import { services } from '../../../kit/services.ts'
import { until } from '../../../kit/until.ts'

const log = pino({ level: 'silent' })
let redisUrl: string
let redis: Redis
let prefix: string

before(async () => {
  ;({ redisUrl } = await services())
  redis = (await connectRedis(redisUrl, log)) as Redis
  await until(() => redis.status === 'ready', { what: 'Redis' })
})
beforeEach(() => (prefix = `test:${randomUUID()}:`))
after(() => redis.disconnect())

const NOW = 1_700_000_000_000
const answer = (body: string, askedAt = NOW) => ({ body, askedAt })
const keysLeft = () => redis.keys(`${prefix}*`)

test('an answer is found as it was kept, until its time is over', async () => {
  const store = answerStore(redis, prefix)
  assert.equal(await store.find('a'), undefined)
  await store.keep('a', answer('{"name":"Björk 🎵","rows":[]}'), 60_000)
  assert.deepEqual(await store.find('a'), answer('{"name":"Björk 🎵","rows":[]}'))
  assert.ok((await redis.pttl(`${prefix}{answers}:a`)) > 50_000)
  await store.keep('b', answer('short'), 1)
  await until(async () => (await store.find('b')) === undefined, { what: 'the answer to be gone' })
})

test('an older answer does not replace a newer one', async () => {
  const store = answerStore(redis, prefix)
  await store.keep('a', answer('newer', NOW + 1), 60_000)
  await store.keep('a', answer('older', NOW), 60_000)
  assert.equal((await store.find('a'))?.body, 'newer')
})

test('what is no answer is none', async () => {
  const store = answerStore(redis, prefix)
  for (const value of ['', 'x', '{"body":1}', '170000000000 short']) {
    await redis.set(`${prefix}{answers}:a`, value)
    assert.equal(await store.find('a'), undefined)
  }
  await store.keep('a', answer('right'), 60_000)
  assert.equal((await store.find('a'))?.body, 'right')
})

const small: Bounds = { answerBytes: 1_000, totalBytes: 5_000 }

test('answers have bounds: of each, and of all together', async () => {
  const store = answerStore(redis, prefix, small)
  await store.keep('large', answer('x'.repeat(1_000)), 60_000)
  assert.equal(await store.find('large'), undefined)
  for (let each = 0; each < 40; each++) await store.keep(`k${each}`, answer('x'.repeat(600)), 60_000 + each)
  const there = await Promise.all(Array.from({ length: 40 }, (_, each) => store.find(`k${each}`)))
  const left = there.flatMap((found, each) => (found === undefined ? [] : [each]))
  assert.deepEqual(left, [36, 37, 38, 39])
  assert.equal(await redis.hget(`${prefix}{answers}:sizes`, 'sum'), String(4 * (600 + 14 + 400)))
})

test('one that is kept again counts once, and one whose time is over not at all', async () => {
  const store = answerStore(redis, prefix, small)
  for (let each = 0; each < 20; each++) await store.keep('same', answer('x'.repeat(600), NOW + each), 60_000)
  await store.keep('short', answer('x'), 1)
  await until(async () => (await store.find('short')) === undefined, { what: 'the answer to be gone' })
  await store.keep('other', answer('x'), 60_000)
  assert.equal(await redis.hget(`${prefix}{answers}:sizes`, 'sum'), String(600 + 14 + 400 + 1 + 14 + 400))
})

for (const half of ['ends', 'sizes'])
  test(`it goes on where Redis has evicted its ${half}`, async () => {
    const store = answerStore(redis, prefix, small)
    for (let each = 0; each < 4; each++) await store.keep(`a${each}`, answer('x'.repeat(600)), 60_000)
    await redis.del(`${prefix}{answers}:${half}`)
    for (let each = 0; each < 9; each++) await store.keep(`b${each}`, answer('x'.repeat(600)), 60_000)
    assert.equal((await store.find('b8'))?.body.length, 600)
    assert.ok((await keysLeft()).length <= 4 + 4 + 2)
  })

test('a flight is had by one, ended by that one alone, and leaves a rest where one is asked for', async () => {
  const store = answerStore(redis, prefix)
  const flight = await store.takeOff('a')
  assert.ok(flight)
  assert.equal(await store.takeOff('a'), undefined)
  await store.land('a', 'another')
  assert.equal(await store.takeOff('a'), undefined)
  await store.land('a', flight)
  const next = (await store.takeOff('a'))!
  await store.land('a', next, 1_000)
  assert.equal(await store.takeOff('a'), undefined)
  const rest = await redis.pttl(`${prefix}{answers}:flight:a`)
  assert.ok(rest > 0 && rest <= 1_000, `${rest} ms`)
})

test('a flight that Redis has given without a word is nobody’s for long', async (t) => {
  const proxy = await tcpProxy(Number(new URL(redisUrl).port))
  const far = await connectRedis(`redis://127.0.0.1:${proxy.port}`, log)
  t.after(() => {
    far.disconnect()
    proxy.close()
  })
  await until(() => far.status === 'ready', { what: 'Redis' })
  proxy.freeze()
  await assert.rejects(answerStore(far, prefix).takeOff('a'), StoreAway)
  const monitor = await redis.monitor()
  t.after(() => monitor.disconnect())
  const heard: string[] = []
  monitor.on('monitor', (_, [name = '', key = '']: string[]) => heard.push(`${name} ${key}`))
  proxy.mend()
  await until(() => heard.includes(`set ${prefix}{answers}:flight:a`), { what: 'the flight to be given' })
  await until(() => answerStore(redis, prefix).takeOff('a'), { within: FLIGHT_MS / 2, what: 'a next flight' })
})

for (const [how, begin] of [
  ['refuses', 'cut'],
  ['hangs', 'freeze'],
] as const)
  test(`a Redis that ${how} fails no question, and is used again when it is back`, async (t) => {
    const proxy = await tcpProxy(Number(new URL(redisUrl).port))
    const far = await connectRedis(`redis://127.0.0.1:${proxy.port}`, log)
    t.after(() => {
      far.disconnect()
      proxy.close()
    })
    await until(() => far.status === 'ready', { what: 'Redis' })
    const store = answerStore(far, prefix)
    let times = 0
    const asked = { key: 'a', freshMs: 60_000, keptMs: 60_000, ask: async () => String(++times) }
    const answerTo = cachedAnswers(store)
    assert.equal((await answerTo(asked)).body, '1')
    assert.equal((await answerTo(asked)).from, 'cache')
    proxy[begin]()
    const meanwhile = await Promise.all(Array.from({ length: 20 }, () => answerTo(asked)))
    for (const { body, from } of meanwhile) assert.deepEqual([body, from], ['2', 'source'])
    await assert.rejects(store.find('a'), StoreAway)
    proxy.mend()
    await until(async () => (await answerTo(asked)).from === 'cache', { what: 'the cache again' })
  })
