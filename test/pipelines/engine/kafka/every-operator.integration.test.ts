import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { RawRecord } from '../../../../pipelines/engine/raw-record.ts'
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

let room: KafkaRoom
let crashAfter: ReturnType<typeof crashing>
before(async () => {
  room = await KafkaRoom.make({ partitions: PARTITIONS })
  await room.add(everyTopic, () => PARTITIONS)
  crashAfter = crashing(room)
})
after(() => room.remove())

/** Key to what was written under it, in order. */
type Written = Map<string, unknown[]>

test('crashed anywhere, in this process and by kill -9, every operator writes on Kafka what it writes in the driver', async (t) => {
  const kafka = drive(everyOperator, { partitions: PARTITIONS })
  for (const round of [tables, first, second, closing, late]) await driveRound(kafka, round)

  // Each round lies there before a process begins: how inputs meet is then a matter of their times alone.
  await send(tables)
  await untilDone()
  await send(first)
  for (const steps of [1, 2, 3, 4 + random(MOST_STEPS)]) {
    t.diagnostic(`crash after ${steps} steps of transactions`)
    await crashAfter(everyOperator, steps)
  }
  await untilDone()
  await send(second)
  const steps = 1 + random(MOST_STEPS)
  t.diagnostic(`kill -9 after ${steps} steps of transactions`)
  const { death } = await startProcess(room.address, steps, everyOperator.name)
  assert.deepEqual(await death, [null, 'SIGKILL'])
  await untilDone()
  for (const round of [closing, late]) {
    await send(round)
    await untilDone()
  }

  const written = await onKafka()
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

async function send(round: Sent[]): Promise<void> {
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
async function untilDone(): Promise<void> {
  const running = await room.run(everyOperator)
  for (const topic of inputsInTurn) await room.caughtUp(everyOperator.name, topic)
  await running.stop()
}

async function onKafka(): Promise<Map<Topic<unknown>, Written>> {
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
