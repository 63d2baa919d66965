import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import { retrying } from '../../sinks/retry.ts'

const log = pino({ level: 'silent' })
const never = () => false

test('the first success counts', async () => {
  let attempts = 0
  const attempt = async () => {
    if (++attempts < 3) throw new Error('away')
    return attempts
  }
  assert.equal(await retrying(attempt, { what: 'asking', log, pointless: never }), 3)
})

test('what is not transient, or has become pointless, is not tried again', async () => {
  let attempts = 0
  const attempt = () => Promise.reject(new Error(`attempt ${++attempts}`))
  await assert.rejects(
    retrying(attempt, { what: 'asking', log, pointless: never, transient: never }),
    /attempt 1/,
  )
  await assert.rejects(
    retrying(attempt, { what: 'asking', log, pointless: () => attempts === 3 }),
    /attempt 3/,
  )
})
