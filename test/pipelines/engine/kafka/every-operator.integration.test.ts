import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { RawRecord } from '../../../../pipelines/engine/raw-record.ts'
import type { StateStore } from '../../../../pipelines/engine/index.ts'
import { type TopologyDriver, drive } from '../../../../pipelines/engine/testing/drive.ts'
import type { Topic } from '../../../../schemas/topic.ts'
import { crashing } from '../../crashing.ts'
import { KafkaRoom } from '../../kafka-room.ts'
import { startProcess } from '../../process-of-topologies.ts'
import { everyOperator, everyTopic, fromSeveralTasks, inputsInTurn, outputs } from './every-operator.ts'
import { type Sent, rounds } from './every-operator-rounds.ts'

const PARTITIONS = 2
/** A busy round takes more than twice as many, so that a crash comes before it is done. */
const MOST_STEPS = 9
const [tables, first, second, closing, late] = rounds() as [Sent[], Sent[], Sent[], Sent[], Sent[]]

async function roomFor(t: TestContext, stateStore: StateStore): Promise<KafkaRoom> {
  const stateDir = stateStore === 'disk' ? mkdtempSync(join(tmpdir(), 'continuo-every-operator-')) : ''
  const room = await KafkaRoom.make({ partitions: PARTITIONS, stateDir, stateStore, keysInMemory: 3 })
  t.after(async () => {
    await room.remove()
    if (stateDir !== '') rmSync(stateDir, { recursive: true, force: true })
  })
  await room.add(everyTopic, () => PARTITIONS)
  return room
}

/** Key to what was written under it, in order. */
type Written = Map<string, unknown[]>

for (const stateStore of ['memory', 'disk'] as const)
  test(`crashed anywhere, in this process and by kill -9, every operator writes on Kafka what it writes in the driver, its state in ${stateStore}`, async (t) => {
    const room = await roomFor(t, stateStore)
    const crashAfter = crashing(room)
    const kafka = drive(everyOperator, { partitions: PARTITIONS })
    for (const round of [tables, first, second, closing, late]) await driveRound(kafka, round)

    // Each round lies there before a process begins: how inputs meet is then a matter of their times alone.
    await send(room, tables)
    await untilDone(room)
    await send(room, first)
    for (const steps of [1, 2, 3, 4 + random(MOST_STEPS)]) {
      t.diagnostic(`crash after ${steps} steps of transactions`)
      await crashAfter(everyOperator, steps)
    }
    await untilDone(room)
    await send(room, second)
    const steps = 1 + random(MOST_STEPS)
    t.diagnostic(`kill -9 after ${steps} steps of transactions`)
    const { death } = await startProcess(room.address, steps, everyOperator.name)
    assert.deepEqual(await death, [null, 'SIGKILL'])
    await untilDone(room)
    for (const round of [closing, late]) {
      await send(room, round)
      await untilDone(room)
    }

    const written = await onKafka(room)
    for (const topic of outputs) {
      const wanted = inDriver(kafka, topic)
      assert.ok(wanted.size > 0, `nothing is written to ${topic.name}: the test shows nothing of it`)
      assert.deepEqual(written.get(topic), wanted, topic.name)
    }
  })

const random = (limit: number) => Math.floor(Math.random() * limit)

const driveRound = (kafka: TopologyDriver, round: Sent[]) =>
  kafka.sendAll(
    round.map(
      ({ topic, key, value, at }) => [topic as Topic<unknown>, value, { key, timestamp: at }] as const,
    ),
  )

async function send(room: KafkaRoom, round: Sent[]): Promise<void> {
  for (const [topic, ofTopic] of Map.groupBy(round, ({ topic }) => topic as Topic<unknown>))
    await room.sendBytes(
      topic,
      ofTopic.map(({ key, value, at }) => ({
        key,
        value: value === null ? null : room.codec.encode(topic, value),
        timestamp: String(at),
      })),
    )
}

/** Runs the topology until all that there is has been committed. */
async function untilDone(room: KafkaRoom): Promise<void> {
  const running = await room.run(everyOperator)
  for (const topic of inputsInTurn) await room.caughtUp(everyOperator.name, topic)
  await running.stop()
}

async function onKafka(room: KafkaRoom): Promise<Map<Topic<unknown>, Written>> {
  const records = await room.records(...outputs)
  await room.codec.load(records.map(({ value }) => value))
  const decoded = (topic: Topic<unknown>, { key, value }: RawRecord) => ({
    key: String(key),
    value: value === null ? null : { ...(room.codec.decode(topic, value) as object) },
  })
  return new Map(
    outputs.map((topic) => {
      const rows = records.filter((record) => record.topic === room.nameOf(topic))
      return [
        topic,
        byKey(
          topic,
          rows.map((record) => decoded(topic, record)),
        ),
      ]
    }),
  )
}

const inDriver = (kafka: TopologyDriver, topic: Topic<unknown>): Written => byKey(topic, kafka.changes(topic))

function byKey(topic: Topic<unknown>, rows: readonly { key: string; value: unknown }[]): Written {
  const keys = Map.groupBy(rows, ({ key }) => key)
  const inOrder = [...keys].sort(([one], [two]) => (one < two ? -1 : 1))
  return new Map(
    inOrder.map(([key, ofKey]) => {
      const values = ofKey.map(({ value }) => value)
      return [
        key,
        fromSeveralTasks.includes(topic) ? values.map((value) => JSON.stringify(value)).sort() : values,
      ]
    }),
  )
}
