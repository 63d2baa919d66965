import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sealDeadLetter } from '../../pipelines/engine/dead-letters.ts'
import type { DeadLetter, DeadLetterKind } from '../../schemas/dead-letter.ts'
import { tables } from '../../schemas/tables.ts'
import { topics } from '../../schemas/topics.ts'
import { clickhouseRoom } from '../sinks/clickhouse/room.ts'
import { type KafkaRoom, kafkaRoom } from '../sources/kafka-room.ts'
import { type Observed, account, sentTo } from './conservation.ts'
import { rawPlay } from './builders.ts'

let room: KafkaRoom
let store: Awaited<ReturnType<typeof clickhouseRoom>>
let observed: Observed
before(async () => {
  room = await kafkaRoom()
  store = await clickhouseRoom()
  observed = { ...room, clickhouse: store.client, database: store.database }
})
after(() => Promise.all([room.remove(), store.close()]))

async function send(name: string, values: Buffer[]): Promise<void> {
  const producer = room.kafka.producer()
  await producer.connect()
  await producer.send({
    topic: room.topicPrefix + name,
    messages: values.map((value) => ({ key: 'any', value })),
  })
  await producer.disconnect()
}

function letter(stage: string, kind: DeadLetterKind): DeadLetter {
  const record = { topic: 't', partition: 0, offset: 7n, timestamp: 0, key: null, value: null, headers: {} }
  return sealDeadLetter({ id: 'k1', bytes: Buffer.alloc(32) }, record, { stage, kind, reason: 'some_reason' })
}

test('a dead letter of a topology that is there twice counts twice; a sink may repeat its own', async () => {
  const letters = [letter('anonymise', 'decode'), letter('clickhouse', 'sink')].flatMap((each) => [
    each,
    each,
  ])
  await send(
    topics.deadLetters.name,
    letters.map((each) => room.codec.encode(topics.deadLetters, each)),
  )
  await store.client.insert({
    table: tables.deadLetters,
    values: letters.map(({ id, stage, kind }) => ({ id, stage, kind })),
    format: 'JSONEachRow',
  })
  const { deadLetters, deadLettersInClickhouse } = await account(observed)
  assert.deepEqual({ deadLetters, deadLettersInClickhouse }, { deadLetters: 3, deadLettersInClickhouse: 3 })
})

test('what lies in the raw topic is told apart: plays, the same again, and what is none', async () => {
  const play = room.codec.encode(topics.plays, rawPlay({ playedAt: Date.now() }))
  const longAgo = room.codec.encode(topics.plays, rawPlay({ playedAt: Date.UTC(1999, 0, 1) }))
  await send(topics.plays.name, [play, play, longAgo, Buffer.from('no play')])
  assert.deepEqual(await sentTo(observed), { plays: 1, duplicates: 1, malformed: 2 })
})
