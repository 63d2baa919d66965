import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { Kafka, TopicMessages } from 'kafkajs'
import { pino } from 'pino'
import {
  type Outcome,
  type Topology,
  mapAsync,
  merge,
  ok,
  punctuate,
  topology,
  write,
} from '../../../../pipelines/engine/index.ts'
import { ExactlyOnce } from '../../../../pipelines/engine/kafka/exactly-once.ts'
import type { FetchedBatch } from '../../../../pipelines/engine/kafka/fetched.ts'
import { breakerDefaults } from '../../../../pipelines/engine/breaker.ts'
import { InputNames } from '../../../../pipelines/engine/kafka/input-names.ts'
import type { StateDirectory } from '../../../../pipelines/engine/kafka/local-state/state-directory.ts'
import { TaskRunner } from '../../../../pipelines/engine/kafka/task-runner.ts'
import { Task } from '../../../../pipelines/engine/task.ts'
import { driverDeadLetterKey } from '../../../../pipelines/engine/testing/drive.ts'
import type { CleanPlay } from '../../../../schemas/events.ts'
import { topics } from '../../../../schemas/topics.ts'
import { at, play } from '../../../kit/builders.ts'
import { sentRecords } from '../../../kit/record-batches.ts'
import { until } from '../../../kit/until.ts'
import { codecFor } from '../../../schemas/codec-for.ts'

const { playsClean, playsByArtist, duplicatePlays } = topics
const codec = await codecFor(...Object.values(topics))

interface Committed {
  names: string[]
  offsets: string[]
}

/** Takes transactions, and keeps those that are committed. */
function kafkaOf(committed: Committed[]): Kafka {
  const transaction = () => {
    const open: Committed = { names: [], offsets: [] }
    return Promise.resolve({
      sendBatch({ topicMessages }: { topicMessages: TopicMessages[] }) {
        for (const { topic, messages } of topicMessages)
          if (topic === playsByArtist.name)
            open.names.push(
              ...messages
                .flatMap((message) => sentRecords(topic, message))
                .map(({ value }) => codec.decode(playsByArtist, value).trackName),
            )
        return Promise.resolve([])
      },
      sendOffsets(sent: {
        topics: { topic: string; partitions: { partition: number; offset: string }[] }[]
      }) {
        for (const { topic, partitions } of sent.topics)
          open.offsets.push(...partitions.map(({ partition, offset }) => `${topic}:${partition}=${offset}`))
        return Promise.resolve()
      },
      commit: () => Promise.resolve(committed.push(open)),
      abort: () => Promise.resolve(),
    })
  }
  const producer = {
    connect: () => Promise.resolve(),
    disconnect: () => Promise.resolve(),
    transaction,
  }
  const admin = {
    connect: () => Promise.resolve(),
    disconnect: () => Promise.resolve(),
    fetchTopicMetadata: ({ topics: names }: { topics: string[] }) =>
      Promise.resolve({ topics: names.map((name) => ({ name, partitions: [{}, {}] })) }),
  }
  return { producer: () => producer, admin: () => admin } as unknown as Kafka
}

function run(built: Topology, maxTaskIdleMs = 60_000, stateDirectory?: StateDirectory) {
  const committed: Committed[] = []
  const crashed: unknown[] = []
  const log = pino({ level: 'silent' })
  const kafka = kafkaOf(committed)
  const transactionalId = (lowest: number) => `id.${lowest}`
  const runner = new TaskRunner({
    codec,
    groupId: 'group',
    inputNames: new InputNames(''),
    deadLetterKey: driverDeadLetterKey,
    ...breakerDefaults,
    delivery: new ExactlyOnce({ kafka, topicPrefix: '', transactionalId, log }),
    commitGapMs: 0,
    maxTaskIdleMs,
    stateDirectory,
    onCommit: () => undefined,
    crash: (error) => crashed.push(error),
    log,
  })
  runner.joined({ memberId: 'm', generationId: 1 })
  const add = (...partitions: number[]) =>
    runner.add(
      partitions.map(
        (partition) => new Task({ topology: built, partition, codec, deadLetterKey: driverDeadLetterKey }),
      ),
      new Map([['plays-clean:0', 40n]]),
    )
  add(0)
  return { runner, committed, crashed, add }
}

interface Given {
  topic?: string
  partition?: number
  names: string[]
  from?: number
  more?: boolean
  bytes?: number
}

/** Plays of one minute after the other. */
function batch({
  topic = 'plays-clean',
  partition = 0,
  names,
  from = 40,
  more = false,
  bytes = 0,
}: Given): FetchedBatch {
  const nextOffset = BigInt(from + names.length)
  return {
    topic,
    partition,
    records: names.map((trackName, index) => ({
      topic,
      partition,
      offset: BigInt(from + index),
      timestamp: at('12:00:00') + Number(trackName.slice(1)),
      key: Buffer.alloc(bytes),
      value: codec.encode(playsClean, play({ trackName })),
      headers: {},
    })),
    nextOffset,
    highWatermark: nextOffset,
    readableEnd: more ? nextOffset + 1n : nextOffset,
  }
}

const somethingCommitted = (committed: Committed[], count = 1) =>
  until(() => committed.length >= count, { what: `${count} transactions`, within: 10_000 })

const merged = topology('merged', ({ read }) =>
  merge(read(playsClean), read(duplicatePlays)).pipe(write(playsByArtist)),
)

test('asynchronous work is waited for: its rows and their offsets are one transaction', async () => {
  const asked: PromiseWithResolvers<Outcome<CleanPlay>>[] = []
  const { runner, committed } = run(
    topology('asking', ({ read }) =>
      read(playsClean).pipe(
        mapAsync(
          () => {
            asked.push(Promise.withResolvers())
            return asked.at(-1)!.promise
          },
          { concurrency: 4 },
        ),
        write(playsByArtist),
      ),
    ),
  )
  runner.accept(batch({ names: ['a1', 'a2'] }))
  await until(() => asked.length === 2, { what: 'both to be asked' })
  asked[1]?.resolve(ok(play({ trackName: 'second' })))
  for (let i = 0; i < 20; i++) await setImmediate()
  assert.deepEqual(committed, [])
  asked[0]?.resolve(ok(play({ trackName: 'first' })))
  await somethingCommitted(committed)
  assert.deepEqual(committed, [{ names: ['first', 'second'], offsets: ['plays-clean:0=42'] }])
  await runner.stop()
})

test('what is under way for a task that is lost, or when the process stops, holds nobody up and writes nothing', async () => {
  const asked: PromiseWithResolvers<Outcome<CleanPlay>>[] = []
  const { runner, committed, add } = run(
    topology('asking', ({ read }) =>
      read(playsClean).pipe(
        mapAsync(
          (value) => {
            if (value.trackName === 'a9') return Promise.resolve(ok(value))
            asked.push(Promise.withResolvers())
            return asked.at(-1)!.promise
          },
          { concurrency: 4 },
        ),
        write(playsByArtist),
      ),
    ),
  )
  add(0, 1)
  runner.accept(batch({ names: ['a1'] }))
  runner.accept(batch({ names: ['a9'], partition: 1 }))
  await until(() => asked.length === 1, { what: 'the first to be asked' })
  runner.remove([0])
  await somethingCommitted(committed)
  asked[0]?.resolve(ok(play({ trackName: 'lost' })))
  runner.accept(batch({ names: ['a2'], partition: 1, from: 41 }))
  await until(() => asked.length === 2, { what: 'the second to be asked' })
  await runner.stop()
  asked[1]?.resolve(ok(play({ trackName: 'stopped' })))
  await setImmediate()
  assert.deepEqual(committed, [{ names: ['a9'], offsets: ['plays-clean:1=41'] }])
})

test('work that is rejected ends the process, and is no fault of the files of its state', async () => {
  const told: string[] = []
  const stateDirectory = {
    trust: () => void told.push('trust'),
    release: () => void told.push('release'),
  } as unknown as StateDirectory
  const { runner, committed, crashed } = run(
    topology('asking', ({ read }) =>
      read(playsClean).pipe(
        mapAsync((): Promise<Outcome<CleanPlay>> => Promise.reject(new Error('service is away')), {
          concurrency: 1,
        }),
        write(playsByArtist),
      ),
    ),
    undefined,
    stateDirectory,
  )
  runner.accept(batch({ names: ['a1'] }))
  await until(() => crashed.length === 1, { what: 'the crash' })
  assert.match(String(crashed[0]), /service is away/)
  assert.deepEqual(told, ['trust'])
  await runner.stop()
  assert.deepEqual(committed, [])
})

test('what the wall clock emits is committed with where the task stands, so that the group can refuse it', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: at('12:00:00') })
  const ticking = topology('ticking', ({ read }) =>
    read(playsClean).pipe(
      punctuate({ every: 1_000, by: 'wall-clock' }, () => [{ key: 'k', value: play({ trackName: 'tick' }) }]),
      write(playsByArtist),
    ),
  )
  const { runner, committed } = run(ticking)
  for (let i = 0; i < 5; i++) await setImmediate()
  t.mock.timers.setTime(at('12:00:01'))
  await somethingCommitted(committed)
  assert.deepEqual(committed[0], { names: ['tick'], offsets: ['plays-clean:0=40', 'ticking-replay:0=0'] })
  await runner.stop()
})

test('inputs that meet are put in the order of time, and wait for the one that is behind', async () => {
  const { runner, committed } = run(merged)
  runner.accept(batch({ names: ['a1', 'a3'] }))
  for (let i = 0; i < 20; i++) await setImmediate()
  assert.deepEqual(committed, [])
  runner.accept(batch({ topic: 'duplicate-plays', names: ['b2'], from: 0 }))
  await somethingCommitted(committed)
  assert.deepEqual(committed, [
    { names: ['a1', 'b2', 'a3'], offsets: ['plays-clean:0=42', 'duplicate-plays:0=1'] },
  ])
  await runner.stop()
})

test('an input that a fetch has found at its end, or that has been waited for, holds up nobody', async () => {
  const atEnd = run(merged)
  atEnd.runner.accept(batch({ names: ['a1'] }))
  atEnd.runner.atEnd({ topic: 'duplicate-plays', partition: 0 }, false)
  await somethingCommitted(atEnd.committed)
  await atEnd.runner.stop()

  const waited = run(merged, 1)
  waited.runner.accept(batch({ names: ['a1'] }))
  await somethingCommitted(waited.committed)
  await waited.runner.stop()
})

test('full of what waits for an empty input it says so, that this one can be fetched before the others', async () => {
  const { runner, committed } = run(merged)
  const large = batch({ names: ['a1'], more: true, bytes: 17 * 1024 * 1024 })
  runner.accept(large)
  assert.equal(runner.full, true)
  await runner.relieved()
  assert.equal(runner.full, true)
  assert.deepEqual(runner.held, [{ topic: 'plays-clean', partition: 0 }])
  await runner.hasRoomFor({ topic: 'duplicate-plays', partition: 0 })
  let hasRoom = false
  const room = runner.hasRoomFor({ topic: 'plays-clean', partition: 0 }).then(() => (hasRoom = true))
  for (let i = 0; i < 5; i++) await setImmediate()
  assert.equal(hasRoom, false)
  runner.accept(batch({ topic: 'duplicate-plays', names: ['b2'], from: 0 }))
  await room
  await somethingCommitted(committed)
  assert.equal(runner.full, false)
  await runner.stop()
})
