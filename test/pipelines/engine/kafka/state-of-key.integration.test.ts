import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describe } from '../../../../pipelines/engine/index.ts'
import { stateOfKey } from '../../../../pipelines/engine/kafka/state-of-key.ts'
import { drive } from '../../../../pipelines/engine/testing/drive.ts'
import type { Topic } from '../../../../schemas/topic.ts'
import { KafkaRoom } from '../../kafka-room.ts'
import { rounds } from './every-operator-rounds.ts'
import { everyOperator, everyTopic, inputsInTurn } from './every-operator.ts'

/** A join has its rows at hand with all that is told by their id. */
function asStored(store: string, value: unknown): unknown {
  if (!store.startsWith('join-stream')) return value
  const row = value as { value: unknown; waiting: boolean }
  return { waiting: row.waiting, value: row.value }
}

/** Stores by the key of a row, and what is kept under it besides: the start of a window, the time and number of a row. */
const stores = {
  'fold-window-1': ['u1', /^(-?\d+):u1$/],
  'fold-window-2': ['u1', /^(-?\d+):u1$/],
  'join-stream-1-left': ['u1', /^(-?\d+):\d+:u1$/],
  'fold-1': ['s1', /^s1$/],
  'read-table-1': ['s1', /^s1$/],
} as const

test('of each kind of store it finds what the driver has under a key, and nothing of keys that end alike', async (t) => {
  const room = await KafkaRoom.make({ partitions: 1 })
  t.after(() => room.remove())
  await room.add(everyTopic, () => 1)
  const kafka = drive(everyOperator)
  for (const round of rounds().slice(0, 2)) {
    await kafka.sendAll(
      round.map(
        ({ topic, key, value, at }) => [topic as Topic<unknown>, value, { key, timestamp: at }] as const,
      ),
    )
    for (const [topic, sent] of Map.groupBy(round, (each) => each.topic as Topic<unknown>))
      await room.sendBytes(
        topic,
        sent.map(({ key, value, at }) => ({
          key,
          value: value && room.codec.encode(topic, value),
          timestamp: String(at),
        })),
      )
  }
  const running = await room.run(everyOperator)
  for (const topic of inputsInTurn) await room.caughtUp(everyOperator.name, topic)
  await running.stop()

  const known = describe(everyOperator).stores.map(({ name }) => name)
  for (const [store, [key, id]] of Object.entries(stores)) {
    assert.ok(known.includes(store))
    const { topicPrefix } = room.address
    const found = await stateOfKey({ kafka: room.kafka, topicPrefix, topology: everyOperator, store, key })
    const wanted = [...kafka.state(store)].flatMap(([each, value]) => {
      const time = id.exec(each)
      return time === null
        ? []
        : [
            {
              partition: 0,
              ...(time[1] !== undefined && { time: Number(time[1]) }),
              value: asStored(store, value),
            },
          ]
    })
    assert.ok(wanted.length > 0, `${store} is empty: the test shows nothing of it`)
    assert.deepEqual(found, wanted, store)
  }
})
