import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { networkOf, stripPersonalData } from '../../../pipelines/steps/strip-personal-data.ts'
import type { CleanPlay, Play } from '../../../schemas/events.ts'
import { cleanPlayV1 } from '../../../schemas/events.ts'
import { pseudonymise } from '../../../schemas/pseudonym.ts'
import { at, rawPlay } from '../../kit/builders.ts'

const key = Buffer.alloc(32, 5)
const strip = stripPersonalData(key)
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

describe('the network of an address', () => {
  const networks: Record<string, string | null> = {
    '203.0.113.77': '203.0.113.0/24',
    '0.0.0.0': '0.0.0.0/24',
    '2001:db8:1:2:3:4:5:6': '2001:db8:1::/48',
    '2001:0DB8:0001:0002::': '2001:db8:1::/48',
    '2001:db8::1': '2001:db8:0::/48',
    '2002:c633:6417::1': '198.51.100.0/24',
    '1:2:3:4:5:6:7::': '1:2:3::/48',
    '::2:3:4:5:6:7:8': '0:2:3::/48',
    '::1': '0:0:0::/48',
    '::': '0:0:0::/48',
    '64:ff9b::203.0.113.77': '64:ff9b:0::/48',
    '1:2:3:4:5:6:203.0.113.77': '1:2:3::/48',
    '::ffff:203.0.113.77': '203.0.113.0/24',
    '::FFFF:203.0.113.77': '203.0.113.0/24',
    '::ffff:cb00:714d': '203.0.113.0/24',
    '0:0:0:0:0:ffff:203.0.113.77': '203.0.113.0/24',
    'fe80::1%eth0': null,
    '203.0.113': null,
    '203.0.113.077': null,
    '203.0.113.256': null,
    '203.0.113.77:443': null,
    '[2001:db8::1]': null,
    '1::2::3': null,
    '': null,
    localhost: null,
    ' 203.0.113.77': null,
  }
  for (const [ip, network] of Object.entries(networks))
    test(`${ip || '(empty)'} is in ${network}`, () => assert.equal(networkOf(ip), network))

  test('is the same for every way to write an IPv6 address', () => {
    const groups = fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 })
    fc.assert(
      fc.property(groups, fc.boolean(), (numbers, padded) => {
        const [, , , , , mapped = 0, high = 0, low = 0] = numbers
        fc.pre(!(mapped === 0xffff && numbers.slice(0, 5).every((group) => group === 0)))
        fc.pre(numbers[0] !== 0x2002)
        const texts = numbers.map((group) =>
          padded ? group.toString(16).padStart(4, '0') : group.toString(16),
        )
        const full = texts.join(':')
        const dotted = [...texts.slice(0, 6), `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`].join(':')
        const compressed = full.replace(/(^|:)0+(:0+)+(:|$)/, '::')
        const network = `${numbers
          .slice(0, 3)
          .map((group) => group.toString(16))
          .join(':')}::/48`
        for (const ip of [full, full.toUpperCase(), dotted, compressed])
          assert.equal(networkOf(ip), network, ip)
      }),
    )
  })

  test('of anything else is none', () => {
    fc.assert(fc.property(fc.string(), (garbage) => void networkOf(garbage)))
  })
})
