import assert from 'node:assert/strict'
import { test } from 'node:test'
import { disconnects } from '../../../../gateway/live/protocol/codes.ts'

/** The rule of the protocol's clients. */
const returns = (code: number) =>
  code !== 1009 && !(code >= 3500 && code < 4000) && !(code >= 4500 && code < 5000)

test('a client stays away exactly after what it did wrong itself, and where it is not wanted', () => {
  const away = Object.entries(disconnects).filter(([, { code }]) => !returns(code))
  assert.deepEqual(
    away.map(([name]) => name),
    ['messageTooBig', 'invalidToken', 'badRequest', 'stale', 'forced', 'connectionLimit', 'notAvailable'],
  )
})

test('codes are unique and reasons fit in a close frame', () => {
  const all = Object.values(disconnects)
  assert.equal(new Set(all.map(({ code }) => code)).size, all.length)
  for (const { reason } of all) assert.ok(Buffer.byteLength(reason) <= 60)
})
