import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import { retrying } from '../../sinks/retry.ts'

const log = pino({ level: 'silent' })
const never = () => false
const { signal } = new AbortController()

test('the first success counts', async () => {
  let attempts = 0
  const attempt = async () => {
    if (++attempts < 3) throw new Error('away')
    return attempts
  }
  assert.equal(await retrying(attempt, { what: 'asking', log, signal }), 3)
})

test('what is not transient is not tried again', async () => {
  let attempts = 0
  const attempt = () => Promise.reject(new Error(`attempt ${++attempts}`))
  await assert.rejects(retrying(attempt, { what: 'asking', log, signal, transient: never }), /attempt 1/)
})

test('the signal ends it at once: during an attempt, between two, and before the first', async () => {
  for (const attempt of [() => new Promise(() => undefined), () => Promise.reject(new Error('away'))]) {
    const stop = new AbortController()
    const ended = retrying(attempt, { what: 'asking', log, signal: stop.signal })
    setImmediate(() => stop.abort())
    await assert.rejects(ended, { name: 'AbortError' })
  }
  const attempt = () => assert.fail('attempted after the signal')
  const signal = AbortSignal.abort()
  await assert.rejects(retrying(attempt, { what: 'asking', log, signal }), { name: 'AbortError' })
})
