import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzzCodec } from './fuzz-codec.ts'

const MESSAGES = 30_000

test('whatever comes is read or refused for a reason, each message once', async () => {
  const { read = 0, malformed_avro: malformed = 0, ...others } = await fuzzCodec(MESSAGES, 7)
  const refused = Object.values(others).reduce((sum, each) => sum + each, malformed)
  assert.equal(read + refused, MESSAGES)
  assert.ok(read > 0 && malformed > 0)
  for (const reason of Object.keys(others))
    assert.ok(['not_wire_format', 'unknown_schema_id', 'incompatible_schema'].includes(reason), reason)
})
