import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { listenerBits } from '../../../pipelines/steps/listener-bits.ts'
import { pseudonymise } from '../../../schemas/pseudonym.ts'
import { play } from '../../kit/builders.ts'

const key = Buffer.alloc(32, 5)
const pseudonym = (user: number) => pseudonymise(key, String(user))

function bitsOf(listeners: Iterable<string>): Buffer {
  let bits = listenerBits.initial()
  for (const listener of listeners) bits = listenerBits.add(bits, play({ listener }))
  return bits
}

const bitsIn = (bits: Buffer) =>
  bits.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0)
const listeners = fc.array(fc.oneof(fc.nat(50).map(pseudonym), fc.string()), { maxLength: 60 })

test('windows that are put together have no more bits than listeners, in whatever order and parts', () => {
  fc.assert(
    fc.property(listeners, listeners, (some, others) => {
      const together = listenerBits.merge(bitsOf(some), bitsOf(others))
      assert.deepEqual(together, bitsOf([...others, ...some].toReversed()))
      assert.ok(bitsIn(together) <= new Set([...some, ...others]).size)
      assert.ok(bitsIn(together) >= Math.min(1, some.length + others.length))
    }),
  )
})

test('bits are as good as random places are: twelve of pseudonyms fall on ten or more of 128 nine times in ten', () => {
  const tries = Array.from({ length: 2_000 }, (_, at) =>
    bitsIn(bitsOf(Array.from({ length: 12 }, (_, user) => pseudonym(at * 12 + user)))),
  )
  assert.ok(
    tries.filter((bits) => bits >= 10).length > 1_900,
    String(tries.filter((bits) => bits >= 10).length),
  )
})

test('what it tells does not change with what is added later', () => {
  const bits = bitsOf([pseudonym(1)])
  const [stored, told] = [listenerBits.codec.encode(bits), listenerBits.result(bits, 'a1')]
  const merged = listenerBits.merge(bits, listenerBits.initial())
  bits.fill(255)
  assert.equal(listenerBits.result(listenerBits.codec.decode(stored), 'a1'), told)
  assert.equal(listenerBits.result(merged, 'a1'), told)
  assert.match(told, /^[0-9a-f]{32}$/)
})
