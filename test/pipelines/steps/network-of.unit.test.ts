import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { networkOf } from '../../../pipelines/steps/network-of.ts'

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
