import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { pseudonymise } from '../../schemas/pseudonym.ts'

test('a pseudonym is the first half of HMAC-SHA256, as RFC 4231 has it', () => {
  const key = Buffer.alloc(20, 0x0b)
  assert.equal(
    pseudonymise(key, 'Hi There'),
    Buffer.from('b0344c61d8db38535ca8afceaf0bf12b', 'hex').toString('base64url'),
  )
  const jefe = pseudonymise(Buffer.from('Jefe'), 'what do ya want for nothing?')
  assert.equal(jefe, Buffer.from('5bdcc146bf60754e6a042426089575c7', 'hex').toString('base64url'))
})

test('one user has one pseudonym; another user or another key, another one', () => {
  const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes))
  fc.assert(
    fc.property(key, key, fc.string(), fc.string(), (a, b, user, other) => {
      const pseudonym = pseudonymise(a, user)
      assert.match(pseudonym, /^[\w-]{22}$/)
      assert.equal(pseudonymise(a, user), pseudonym)
      assert.equal(pseudonymise(a, other) === pseudonym, user === other)
      assert.equal(pseudonymise(b, user) === pseudonym, a.equals(b))
    }),
  )
})
