import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Kafka } from 'kafkajs'
import { keyBy, merge, topology, write } from '../../../../pipelines/engine/index.ts'
import { TopologyError } from '../../../../pipelines/engine/errors.ts'
import { InputNames } from '../../../../pipelines/engine/kafka/input-names.ts'
import { ensureTopologyTopics } from '../../../../pipelines/engine/kafka/topology-topics.ts'
import { Task } from '../../../../pipelines/engine/task.ts'
import { driverDeadLetterKey } from '../../../../pipelines/engine/testing/drive.ts'
import { topics } from '../../../../schemas/topics.ts'
import { codecFor } from '../../../schemas/codec-for.ts'

const { playsClean, playsByArtist, duplicatePlays } = topics

/** Starts a topology on a Kafka of which each of these topics has so many partitions. */
async function start(
  define: Parameters<typeof topology>[1],
  counts: Record<string, number>,
): Promise<unknown> {
  const task = new Task({
    topology: topology('meeting', define),
    partition: 0,
    codec: await codecFor(),
    deadLetterKey: driverDeadLetterKey,
  })
  const admin = {
    connect: () => Promise.resolve(),
    disconnect: () => Promise.resolve(),
    listTopics: () => Promise.resolve(Object.keys(counts)),
    fetchTopicMetadata: ({ topics: names }: { topics: string[] }) =>
      Promise.resolve({
        topics: names.map((name) => ({ name, partitions: Array.from({ length: counts[name] ?? 0 }) })),
      }),
  }
  const kafka = { admin: () => admin } as unknown as Kafka
  return ensureTopologyTopics(task, {
    kafka,
    topicPrefix: '',
    inputNames: new InputNames(''),
    replicationFactor: 1,
  })
}

const equal = {
  'plays-clean': 4,
  'plays-by-artist': 4,
  'duplicate-plays': 4,
  'dead-letters': 1,
  'meeting-replay': 4,
}

test('inputs that meet have to be spread by the same, not only over as many partitions', async () => {
  const refused = start(
    ({ read }) => merge<unknown>(read(playsClean), read(playsByArtist)).pipe((rows) => rows),
    equal,
  )
  await assert.rejects(refused, (error) => {
    assert.ok(error instanceof TopologyError)
    assert.match(
      error.message,
      /^meeting brings plays-clean and plays-by-artist together, .* by user and the other by artist: .* keyBy\(\); .* same word in their topic\(\)$/,
    )
    return true
  })
})

test('spread by the same, they are read', async () => {
  const found = await start(
    ({ read }) => merge(read(playsClean), read(duplicatePlays)).pipe(write(playsByArtist)),
    equal,
  )
  assert.deepEqual(found, { inputs: ['plays-clean', 'duplicate-plays', 'meeting-replay'], partitions: 4 })
})

test('inputs of different sub-graphs may be spread by different things: a task reads them side by side', async () => {
  const found = await start(
    ({ read }) =>
      read(playsClean).pipe(
        keyBy((value) => value.artistId, { through: playsByArtist }),
        write(duplicatePlays),
      ),
    equal,
  )
  assert.deepEqual(found, { inputs: ['plays-clean', 'plays-by-artist', 'meeting-replay'], partitions: 4 })
})

test('but over as many partitions, as a task has one index', async () => {
  await assert.rejects(
    start(
      ({ read }) =>
        read(playsClean).pipe(
          keyBy((value) => value.artistId, { through: playsByArtist }),
          write(duplicatePlays),
        ),
      { ...equal, 'plays-by-artist': 3 },
    ),
    /meeting must have equally many partitions, but plays-clean has 4, plays-by-artist has 3: make them anew/,
  )
})
