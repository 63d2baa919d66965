import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { errors } from '../../../../gateway/live/protocol/codes.ts'
import {
  errorFrame,
  insufficientStateFrame,
  publicationFrame,
  replyFrame,
} from '../../../../gateway/live/protocol/replies.ts'

test('a frame is one line, whatever is published', () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(), fc.jsonValue(), (channel, offset, data) => {
      const line = publicationFrame(channel, { offset, data }).toString()
      assert.ok(!line.includes('\n'))
      assert.deepEqual(
        JSON.parse(line),
        JSON.parse(JSON.stringify({ push: { channel, pub: { offset, data } } })),
      )
    }),
  )
})

test('replies echo the id of their command', () => {
  assert.deepEqual(JSON.parse(replyFrame(7, { ping: {} }).toString()), { id: 7, ping: {} })
  assert.deepEqual(JSON.parse(errorFrame(8, errors.internal).toString()), {
    id: 8,
    error: { code: 100, message: 'internal server error', temporary: true },
  })
})

test('an ended subscription is told with a code after which clients recover', () => {
  assert.deepEqual(JSON.parse(insufficientStateFrame('a').toString()), {
    push: { channel: 'a', unsubscribe: { code: 2500, reason: 'insufficient state' } },
  })
})
