import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { pseudonymise, pseudonyms } from '../../schemas/pseudonym.ts'

test('a pseudonym is the first half of HMAC-SHA256, as RFC 4231 has it', () => {
  const key = Buffer.alloc(20, 0x0b)
  assert.equal(
    pseudonymise(key, 'Hi There'),
    Buffer.from('b0344c61d8db38535ca8afceaf0bf12b', 'hex').toString('base64url'),
  )
  const jefe = pseudonymise(Buffer.from('Jefe'), 'what do ya want for nothing?')
  assert.equal(jefe, Buffer.from('5bdcc146bf60754e6a042426089575c7', 'hex').toString('base64url'))
})

const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes))

test('one user has one pseudonym; another user or another key, another one', () => {
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

const kinds = ['listener', 'session', 'context'] as const

test('the pseudonyms of one epoch are those of its key, whether they are remembered or not', () => {
  fc.assert(
    fc.property(key, fc.string(), (first, id) => {
      const { listener } = pseudonyms([first])
      assert.equal(listener(id), pseudonymise(first, id))
      assert.equal(listener(id), pseudonymise(first, id))
    }),
    { numRuns: 20 },
  )
})

test('a new key maps each old pseudonym to the new one of the same id, without the id', () => {
  fc.assert(
    fc.property(fc.array(key, { minLength: 1, maxLength: 3 }), key, fc.string(), (before, next, id) => {
      const [first, ...others] = before as [Buffer, ...Buffer[]]
      const [old, now, map] = [
        pseudonyms([first, ...others]),
        pseudonyms([first, ...others, next]),
        pseudonyms([next]),
      ]
      for (const kind of kinds) {
        assert.equal(map[kind](old[kind](id)), now[kind](id))
        assert.notEqual(now[kind](id), old[kind](id))
      }
      assert.equal(new Set(kinds.map((kind) => now[kind](id))).size, kinds.length)
    }),
    { numRuns: 10 },
  )
})

test('whoever has the first key alone finds nobody of a later epoch, and ids of imported plays are still by it', () => {
  const [first, second] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
  const now = pseudonyms([first, second])
  assert.notEqual(now.listener('ada'), pseudonyms([first]).listener('ada'))
  assert.notEqual(now.listener('ada'), pseudonyms([second]).listener('ada'))
  assert.ok(now.firstKey.equals(first))
})
