import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deadLetterV2, kindOf, replayKey } from '../../schemas/dead-letter.ts'
import { eventSchema } from '../../schemas/event-schema.ts'
import { readAs, written } from './avro/through.ts'

const v1 = eventSchema('dead-letter.v1').type
const v2 = deadLetterV2.type

const former = {
  id: 's:t:0:1',
  stage: 's',
  kind: 'decode',
  reason: 'malformed_avro',
  topic: 't',
  partition: 0,
  offset: 1,
  timestamp: 5,
  schemaId: null,
  source: null,
  keyId: 'k1',
  sealed: Buffer.from('sealed'),
} as const

test('a letter of the first version is one that has been refused once', () => {
  const read = readAs(v1, v2, written(v1, former)) as object
  assert.deepEqual(
    { ...read },
    {
      ...former,
      attempt: 0,
      topicId: null,
      late: false,
      deflated: false,
      errorCode: null,
      traceId: null,
      summary: '',
    },
  )
})

test('a reader of the first version reads a letter of now, a late one too', () => {
  const now = {
    ...former,
    kind: 'step' as const,
    attempt: 2,
    topicId: 'id',
    late: true,
    deflated: false,
    errorCode: null,
    traceId: null,
    summary: 'words',
  } as const
  const read = readAs(v2, v1, written(v2, now)) as object
  assert.deepEqual({ ...read }, { ...former, kind: 'step' })
  assert.deepEqual([kindOf(now), replayKey(now)], ['late', 's:t:0:1#2'])
})
