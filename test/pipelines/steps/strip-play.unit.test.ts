import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { pseudonyms } from '../../../pipelines/steps/pseudonyms.ts'
import { stripPlay } from '../../../pipelines/steps/strip-play.ts'
import type { CleanPlay, Play } from '../../../schemas/events.ts'
import { cleanPlayV1 } from '../../../schemas/events.ts'
import { pseudonymise } from '../../../schemas/pseudonym.ts'
import { at, rawPlay } from '../../kit/builders.ts'

const key = Buffer.alloc(32, 5)
const strip = stripPlay(pseudonyms(key))
const now = at('12:00:05')

function clean(given: Partial<Play>): CleanPlay {
  const outcome = strip(rawPlay(given), { now })
  assert.ok(outcome.kind === 'ok')
  return outcome.value
}

test('a play keeps what was played and when, and gets a pseudonym, a network and the time of its arrival', () => {
  const raw = rawPlay({ eventId: 'ABCDEF00-0000-0000-0000-000000000000' })
  const { userId: _, ip: __, ...rest } = raw
  assert.deepEqual(clean(raw), {
    ...rest,
    eventId: 'abcdef00-0000-0000-0000-000000000000',
    listener: pseudonymise(key, raw.userId),
    network: '203.0.113.0/24',
    receivedAt: now,
  })
})

test('one listener has one pseudonym, the first time and the second', () => {
  assert.equal(clean({ userId: 'ada' }).listener, clean({ userId: 'ada' }).listener)
  assert.notEqual(clean({ userId: 'ada' }).listener, clean({ userId: 'bob' }).listener)
})

test('values outside of the known lists are told as other, or not at all', () => {
  assert.equal(clean({ platform: 'ios' }).platform, 'ios')
  assert.equal(clean({ platform: "Ada's iPhone" }).platform, 'other')
  assert.equal(clean({ country: 'NO' }).country, 'NO')
  for (const country of ['no', 'NOR', '', 'Ada', null]) assert.equal(clean({ country }).country, null)
  for (const source of ['app', 'simulator', 'import:2026-a']) assert.equal(clean({ source }).source, source)
  for (const source of ['ada', 'import:', 'import:a@b', 'app\n', 'import:'.padEnd(80, 'x')])
    assert.equal(clean({ source }).source, 'other')
})

const anyIp = fc.oneof(fc.ipV4(), fc.ipV6()).filter((ip) => !/(^|\D)0$|::$/.test(ip))
const userId = fc.string({ minLength: 6, maxLength: 30 }).map((text) => `user ${text}@example.org`)

test('whatever a play says of its listener, no field of the clean play holds user id or address', () => {
  const personal = fc.record({
    userId,
    ip: anyIp,
    platform: fc.string(),
    country: fc.option(fc.string()),
    source: fc.string(),
  })
  fc.assert(
    fc.property(personal, fc.dictionary(fc.string(), fc.string()), fc.boolean(), (given, unknown, gossip) => {
      const { userId: user, ip } = given
      const told = gossip ? { platform: user, country: ip, source: `import:${user}` } : {}
      const value = clean({ ...unknown, ...given, ...told })
      const shown = JSON.stringify(value).toLowerCase()
      assert.ok(!shown.includes(user.toLowerCase()) && !shown.includes(ip.toLowerCase()), shown)
    }),
  )
})

test('a field that the clean play does not have never gets through, whatever its name', () => {
  const fields = new Set(
    (cleanPlayV1.type.schema() as { fields: { name: string }[] }).fields.map(({ name }) => name),
  )
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.string({ minLength: 1 })), (unknown) => {
      assert.deepEqual(
        new Set(Object.keys(clean({ ...unknown, ...rawPlay(), ...{ email: 'ada@example.org' } }))),
        fields,
      )
    }),
  )
})
