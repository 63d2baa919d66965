import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { addressNames, addressOf } from '../../../../gateway/live/limits/client-address.ts'

const address = '10.0.0.1'
const cases: [forwardedFor: string, trustedProxies: number, expected: string][] = [
  ['', 0, address],
  ['203.0.113.7', 0, address],
  ['203.0.113.7', 1, '203.0.113.7'],
  ['198.51.100.1, 203.0.113.7', 1, '203.0.113.7'],
  ['198.51.100.1,203.0.113.7,192.0.2.1', 2, '203.0.113.7'],
  ['2001:db8::1', 1, '2001:db8::1'],
  ['203.0.113.7', 2, address],
  ['', 1, address],
  ['unknown', 1, address],
  ['203.0.113.7, <script>', 1, address],
]

for (const [forwardedFor, proxies, expected] of cases) {
  test(`behind ${proxies} proxies, "${forwardedFor}" is ${expected}`, () => {
    assert.equal(addressOf({ address, forwardedFor: () => forwardedFor }, proxies), expected)
  })
}

test('a name is of an IPv4 address, mapped or not, or of a network of IPv6, and says neither', () => {
  const nameOf = addressNames(randomBytes(32))
  assert.equal(nameOf('::ffff:203.0.113.7'), nameOf('203.0.113.7'))
  assert.equal(nameOf('0000:0000:0000:0000:0000:ffff:cb00:7107'), nameOf('203.0.113.7'))
  assert.equal(nameOf('2001:db8:1:2::1'), nameOf('2001:db8:1:2:ffff::9'))
  assert.notEqual(nameOf('2001:db8:1:2::1'), nameOf('2001:db8:1:3::1'))
  assert.notEqual(nameOf('203.0.113.7'), nameOf('203.0.113.8'))
  assert.notEqual(nameOf('203.0.113.7'), addressNames(randomBytes(32))('203.0.113.7'))
  assert.match(nameOf('203.0.113.7'), /^[\w-]{22}$/)
})
