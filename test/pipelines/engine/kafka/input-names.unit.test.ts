import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import { breakerDefaults } from '../../../../pipelines/engine/breaker.ts'
import { InputNames } from '../../../../pipelines/engine/kafka/input-names.ts'
import { TaskRunner } from '../../../../pipelines/engine/kafka/task-runner.ts'
import type { OutgoingRecord } from '../../../../pipelines/engine/outgoing-records.ts'
import { markerIn } from '../../../../pipelines/engine/stamp.ts'
import { Task } from '../../../../pipelines/engine/task.ts'
import { driverDeadLetterKey } from '../../../../pipelines/engine/testing/drive.ts'
import { listeningTotals } from '../../../../pipelines/topologies/listening-totals.ts'
import { topics } from '../../../../schemas/topics.ts'
import { play } from '../../../kit/builders.ts'
import { recordsIn } from '../../../kit/outgoing.ts'
import { until } from '../../../kit/until.ts'
import { codecFor } from '../../../schemas/codec-for.ts'

const codec = await codecFor(...Object.values(topics))
const HISTORY = 'eu.minutes.history'
const names = new InputNames(
  'eu.',
  new Map([['plays-clean', { topic: 'minutes.history', continued: new Set([0]) }]]),
)

test('what stands in for an input has another name in Kafka, and that of the input for the topology', () => {
  assert.equal(names.inKafka('plays-clean'), HISTORY)
  assert.equal(names.ofTopology(HISTORY), 'plays-clean')
  assert.equal(names.inKafka('plays-by-artist'), 'eu.plays-by-artist')
  assert.equal(names.ofTopology('eu.plays-by-artist'), 'plays-by-artist')
})

test('at the end of what stands in for an input a task is idle only if the input has no more either', async () => {
  const written: OutgoingRecord[] = []
  const offsets: string[] = []
  const runner = new TaskRunner({
    codec,
    groupId: 'group',
    inputNames: names,
    commitGapMs: 0,
    maxTaskIdleMs: 0,
    deadLetterKey: driverDeadLetterKey,
    ...breakerDefaults,
    delivery: {
      commit({ outgoing, offsets: committed }) {
        written.push(...recordsIn(outgoing))
        offsets.push(...committed.offsets.map(({ topic }) => topic))
        return Promise.resolve(new Map())
      },
      forget: () => Promise.resolve(),
    },
    onCommit: () => undefined,
    crash: (error) => assert.fail(String(error)),
    log: pino({ level: 'silent' }),
  })
  runner.joined({ memberId: 'm', generationId: 1 })
  const tasks = [0, 1].map(
    (partition) =>
      new Task({
        topology: listeningTotals,
        partition,
        partitions: 2,
        codec,
        deadLetterKey: driverDeadLetterKey,
      }),
  )
  runner.add(tasks, new Map())
  const value = codec.encode(topics.playsClean, play())
  for (const partition of [0, 1]) {
    const place = { topic: HISTORY, partition }
    const record = { ...place, offset: 0n, timestamp: play().playedAt, key: null, value, headers: {} }
    runner.accept({ ...place, records: [record], nextOffset: 1n, highWatermark: 1n, readableEnd: 1n })
    runner.atEnd(place, false)
  }
  const idle = () =>
    written.flatMap(({ headers }) => markerIn({ headers: headers ?? {} }) ?? []).filter((each) => each.idle)
  await until(() => idle().length > 0, { what: 'a task to be idle', within: 10_000 })
  await runner.stop()
  assert.deepEqual(new Set(idle().map(({ upstream }) => upstream)), new Set([1]))
  assert.ok(offsets.includes(HISTORY))
})
