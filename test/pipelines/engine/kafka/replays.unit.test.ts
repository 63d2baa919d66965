import assert from 'node:assert/strict'
import { test } from 'node:test'
import { topology, write } from '../../../../pipelines/engine/index.ts'
import { sealDeadLetter } from '../../../../pipelines/engine/dead-letters.ts'
import { InputNames } from '../../../../pipelines/engine/kafka/input-names.ts'
import { Replays } from '../../../../pipelines/engine/kafka/replays.ts'
import type { RawRecord } from '../../../../pipelines/engine/raw-record.ts'
import { Task } from '../../../../pipelines/engine/task.ts'
import { driverDeadLetterKey as key } from '../../../../pipelines/engine/testing/drive.ts'
import { deadLetterTopic, replayTopic } from '../../../../schemas/dead-letter.ts'
import { topics } from '../../../../schemas/topics.ts'
import { play } from '../../../kit/builders.ts'
import { codecFor } from '../../../schemas/codec-for.ts'

const { playsClean, playsByArtist } = topics
const copying = topology('copying.v2', ({ read }) => read(playsClean).pipe(write(playsByArtist)))
const codec = await codecFor(playsClean, playsByArtist, deadLetterTopic)
await codec.register(replayTopic('copying.v2'))

/** Topics to which a task writes that is given back a letter of this topic and partition. */
async function writtenFor(topic: string, { partition = 0, inputNames = new InputNames('eu.') } = {}) {
  const task = new Task({ topology: copying, partition: 0, partitions: 1, codec, deadLetterKey: key })
  const place = { partition, timestamp: 5, key: null, headers: {} }
  const record = { ...place, topic, offset: 7n, value: codec.encode(playsClean, play()) }
  const letter = sealDeadLetter(key, record, {
    stage: 'copying.v2',
    kind: 'decode',
    reason: 'malformed_avro',
  })
  const given = {
    ...place,
    partition: 0,
    topic: `eu.${replayTopic('copying.v2').name}`,
    offset: 0n,
    value: codec.encode(replayTopic('copying.v2'), letter),
  }
  await new Replays({ codec, inputNames, deadLetterKey: key }).replay(task, [given])
  return task.takeOutgoing().map((records) => records.topic)
}

test('a letter is a record of the input from which it came, or of what has stood in for that once', async () => {
  assert.deepEqual(await writtenFor('eu.plays-clean'), [playsByArtist.name])
  const former = new Map([['copying.v2.history', playsClean.name]])
  const inputNames = new InputNames('eu.', new Map(), former)
  assert.deepEqual(await writtenFor('eu.copying.v2.history', { inputNames }), [playsByArtist.name])
})

test('a letter of another topic or partition goes back', async () => {
  for (const [topic, partition] of [
    ['eu.copying.v2.history', 0],
    ['eu.plays', 0],
    ['eu.plays-clean', 1],
  ] as const)
    assert.deepEqual(await writtenFor(topic, { partition }), [deadLetterTopic.name])
})

test('letters are opened one at a time: what came compressed does not lie in memory all at once', async () => {
  const letters = 60
  const bytes = 10_000_000
  const record = { topic: 'eu.plays-clean', partition: 0, offset: 7n, timestamp: 5, key: null, headers: {} }
  const letter = sealDeadLetter(
    key,
    { ...record, value: Buffer.alloc(bytes) },
    { stage: 'copying.v2', kind: 'decode', reason: 'malformed_avro' },
  )
  const value = codec.encode(replayTopic('copying.v2'), letter)
  assert.ok(value.length < 100_000)
  let most = 0
  const done: string[] = []
  const task = {
    topology: 'copying.v2',
    partition: 0,
    inputs: [playsClean],
    process(_topic: string, given: RawRecord) {
      assert.equal(given.value!.length, bytes)
      most = Math.max(most, process.memoryUsage().arrayBuffers)
      done.push('processed')
    },
    settled: () => Promise.resolve(done.push('settled')),
  } as unknown as Task
  const given = Array.from({ length: letters }, (_, at) => ({
    ...record,
    topic: `eu.${replayTopic('copying.v2').name}`,
    offset: BigInt(at),
    value,
  }))
  await new Replays({ codec, inputNames: new InputNames('eu.'), deadLetterKey: key }).replay(task, given)
  assert.ok(most < (letters * bytes) / 2, `${most} bytes`)
  assert.deepEqual(done.slice(0, 4), ['processed', 'settled', 'processed', 'settled'])
  assert.equal(done.filter((each) => each === 'processed').length, letters)
})
