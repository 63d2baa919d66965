import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tap } from 'rxjs'
import { avroSchema, describe, pick, topic, topology, write } from '../../../pipelines/engine/index.ts'
import { nameOfVersion, topicOfVersion, versioned } from '../../../pipelines/engine/versioned.ts'
import { drive } from '../../../pipelines/engine/testing/drive.ts'
import { listeningTotals } from '../../../pipelines/topologies/listening-totals.ts'
import { topics } from '../../../schemas/topics.ts'
import { play } from '../../kit/builders.ts'

const eventIds = topic(
  'event-ids',
  avroSchema<{ eventId: string }>('event-id.v1', {
    type: 'record',
    name: 'EventId',
    fields: [{ name: 'eventId', type: 'string' }],
  }),
  'user',
)
const second = versioned(listeningTotals, 2)

test('a version has a name of its own, and so have its state and all that it writes; what it reads stays', () => {
  const { name, inputs, outputs, repartitioned, stores, deadLetters } = describe(second)
  assert.equal(name, 'listening-totals.v2')
  assert.deepEqual(inputs, ['plays-clean'])
  assert.deepEqual(repartitioned, ['plays-by-artist.v2'])
  assert.deepEqual(outputs, ['artist-totals-live.v2', 'artist-totals.v2', 'late-plays.v2'])
  assert.deepEqual(
    stores.map(({ changelog }) => changelog),
    ['listening-totals.v2-fold-window-1-changelog', 'listening-totals.v2-stream-time-changelog'],
  )
  assert.equal(deadLetters, 'dead-letters')
})

test('the first version is the topology itself', () => {
  assert.equal(versioned(listeningTotals, 1), listeningTotals)
  assert.equal(topicOfVersion(topics.artistTotals, 1), topics.artistTotals)
})

test('topics of a version keep their shape, partitioning and settings', () => {
  const { name, ...rest } = topicOfVersion(topics.artistTotals, 12)
  assert.equal(name, 'artist-totals.v12')
  assert.deepEqual({ name: topics.artistTotals.name, ...rest }, topics.artistTotals)
})

test('a version that is none, and a name that gets too long for Kafka, are refused', () => {
  for (const none of [0, -1, 1.5, NaN]) assert.throws(() => nameOfVersion('a', none), /versions are 1, 2, 3/)
  const long = { ...topics.artistTotals, name: 'a'.repeat(248) }
  assert.throws(() => topicOfVersion(long, 2), /as Kafka does/)
})

test('it counts what the topology counts, into its own topics', async () => {
  const sent = ['12:00:00', '12:00:10', '12:02:00'].map((playedAt) => play({ playedAt }))
  const [one, two] = [drive(listeningTotals), drive(second)]
  for (const kafka of [one, two]) for (const each of sent) await kafka.send(topics.playsClean, each)
  const totals = one.written(topics.artistTotals)
  assert.equal(totals.length, 1)
  assert.deepEqual(two.written(topicOfVersion(topics.artistTotals, 2)), totals)
  assert.deepEqual(two.written(topics.artistTotals), [])
})

test('of what a version writes, and reads again by some fields, it reads these', async () => {
  const found: string[][] = []
  const reread = topology('reread', ({ read }) => {
    read(topics.playsClean).pipe(write(topics.duplicatePlays))
    return read(pick(topics.duplicatePlays, ['eventId'])).pipe(
      tap(({ value }) => found.push(Object.keys(value))),
      write(eventIds),
    )
  })
  const kafka = drive(versioned(reread, 2))
  await kafka.send(topics.playsClean, play())
  assert.deepEqual(found, [['eventId']])
})
