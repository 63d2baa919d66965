import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { loadConfig } from '../../cli/config.ts'
import { eventProducer } from '../../cli/event-producer.ts'
import { topics } from '../../schemas/topics.ts'
import { type KafkaRoom, kafkaRoom } from '../sources/kafka-room.ts'

let room: KafkaRoom
before(async () => void (room = await kafkaRoom()))
after(() => room.remove())

test('an event is written as its topic has it, and one without a value takes back what stood under its key', async (t) => {
  const { send, close } = eventProducer(loadConfig(room.env), room.log, 1)
  t.after(close)
  const topic = topics.pushSubscriptions
  const value = {
    listener: 'ada',
    deviceId: 'phone',
    provider: 'web-push',
    keyId: 'k1',
    sealed: Buffer.from('sealed'),
    changedAt: 5,
  }
  await send({ topic, key: 'ada.phone', value })
  await send({ topic, key: 'ada.phone', value: null })
  const records = await room.records(topic)
  assert.deepEqual(
    records.map(({ key }) => String(key)),
    ['ada.phone', 'ada.phone'],
  )
  const [put, taken] = records.map((record) => record.value)
  assert.deepEqual({ ...room.codec.decode(topic, put!) }, value)
  assert.equal(taken, null)
})
