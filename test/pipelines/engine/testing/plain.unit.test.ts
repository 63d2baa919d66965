import assert from 'node:assert/strict'
import { test } from 'node:test'
import { topic, topology, write } from '../../../../pipelines/engine/index.ts'
import { drive } from '../../../../pipelines/engine/testing/drive.ts'
import { plain } from '../../../../pipelines/engine/testing/plain.ts'
import type { Recommendation } from '../../../../schemas/events.ts'
import { topics } from '../../../../schemas/topics.ts'
import { at } from '../../../kit/builders.ts'

test('what the driver has written compares with a literal, records in lists too', async () => {
  const recommendation: Recommendation = {
    recommendationId: 'r1',
    listener: 'A'.repeat(22),
    modelVersion: 'm1',
    country: null,
    items: [
      {
        artistId: 'a1',
        artistName: 'Artist One',
        score: 0.5,
        reason: 'popular',
        becauseArtistId: null,
        becauseArtistName: null,
      },
    ],
    madeAt: at('12:00:00'),
    receivedAt: at('12:00:01'),
  }
  const copies = topic('copies', topics.recommendations.value, 'user')
  const kafka = drive(topology('copy', ({ read }) => read(topics.recommendations).pipe(write(copies))))
  await kafka.send(topics.recommendations, recommendation)
  assert.deepEqual(kafka.written(copies)[0]?.value, recommendation)
})

test('bytes stay bytes', () => {
  const value = { sealed: Buffer.from('x'), parts: [Buffer.from('y')] }
  assert.deepEqual(plain(value), value)
})
