import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  CannotTell,
  TokenExpired,
  TokenInvalid,
  refusalOf,
} from '../../../../gateway/live/access/refusals.ts'

const checkThat = (error: Error) => () => {
  throw error
}

test('only what is said of a token refuses it: who cannot tell sends nobody away', () => {
  assert.equal(
    refusalOf(() => undefined),
    undefined,
  )
  assert.equal(refusalOf(checkThat(new TokenInvalid())), 'for good')
  assert.equal(refusalOf(checkThat(new TokenExpired())), 'for a new one')
  for (const other of [new CannotTell(), new TypeError()])
    assert.throws(() => refusalOf(checkThat(other)), other)
})
