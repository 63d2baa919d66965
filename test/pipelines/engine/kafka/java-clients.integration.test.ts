import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { execFile } from 'node:child_process'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { ensureTopics } from '../../../../pipelines/engine/index.ts'
import { readToEnd } from '../../../../pipelines/engine/kafka/read-to-end.ts'
import { fencedProducer } from '../../../../pipelines/engine/kafka/transaction.ts'
import { partitionByKey } from '../../../../pipelines/engine/kafka/partition-by-key.ts'
import type { RawRecord } from '../../../../pipelines/engine/raw-record.ts'
import type { OutgoingRecord } from '../../../../pipelines/engine/outgoing-records.ts'
import { COMPRESSIONS } from '../../../kit/record-batches.ts'
import { javaClients } from '../../../kit/java-clients.ts'
import { services } from '../../../kit/services.ts'
import { KafkaRoom } from '../../kafka-room.ts'
import { outgoingOf } from '../../../kit/outgoing.ts'

let room: KafkaRoom
let java: Awaited<ReturnType<typeof javaClients>>
before(async () => {
  room = await KafkaRoom.make({ partitions: 1 })
  java = await javaClients()
})
after(() => room.remove())

async function topicOf(partitions: number): Promise<string> {
  const topic = `${room.address.topicPrefix}${randomUUID()}`
  await ensureTopics(room.kafka, [{ topic, partitions, config: {} }], 1)
  return topic
}

/** Writes transactions one after the other; those that are left are aborted. */
async function write(
  topic: string,
  transactions: { records: OutgoingRecord[]; left?: true }[],
): Promise<void> {
  const producer = await fencedProducer(room.kafka, topic)
  for (const { records, left } of transactions) {
    const transaction = await producer.transaction()
    await producer.batches.send(transaction, outgoingOf(records), (name) => name)
    await (left ? transaction.abort() : transaction.commit())
  }
  await producer.disconnect()
}

const record = (topic: string, key: string, value: string | null): OutgoingRecord => ({
  topic,
  partition: undefined,
  key,
  value: value === null ? null : Buffer.from(value),
})

test('what transactions of ours write is read by the Java console consumer and by kafkajs, and nothing that was aborted', async () => {
  const topic = await topicOf(2)
  const keys = [
    'a',
    'Ü€',
    '',
    'and a key that is longer than sixty-three bytes, so that its length takes two',
  ]
  const headers = { h: Buffer.from('1'), g: Buffer.from('2') }
  const records = keys.map((key, index) => record(topic, key, `value ${index}`))
  const more = { ...record(topic, 'b', 'behind'), headers }
  await write(topic, [
    { records },
    { records: [record(topic, 'a', 'aborted')], left: true },
    { records: [more, record(topic, 'gone', null)] },
  ])

  const printed = await java.consume(topic, keys.length + 2)
  const all = [...records, more, record(topic, 'gone', null)]
  assert.deepEqual(
    printed
      .map((line) =>
        /^CreateTime:\d{13}\tPartition:(\d)\tOffset:\d+\t(\S+)\t(.*)\t(.*)$/.exec(line)?.slice(1),
      )
      .toSorted(),
    all
      .map(({ key, value, headers: given }) => [
        String(partitionByKey(Buffer.from(key), 2)),
        given === undefined ? 'NO_HEADERS' : 'h:1,g:2',
        key,
        value?.toString() ?? 'null',
      ])
      .toSorted(),
  )

  const { kafkaBrokers } = await services()
  const one = await topicOf(1)
  await write(one, [{ records: [record(one, 'k', 'first')] }, { records: [record(one, 'k', 'end')] }])
  const alone = new URL('../../fixtures/read-committed.ts', import.meta.url).pathname
  const { stdout } = await promisify(execFile)(process.execPath, [alone, kafkaBrokers, one])
  assert.deepEqual(JSON.parse(stdout), ['first', 'end'])
})

for (const compression of COMPRESSIONS)
  test(`what Java's producer has compressed with ${compression} is read`, async () => {
    const topic = await topicOf(1)
    const lines = Array.from({ length: 3_000 }, (_, index) => `line ${index} ${'of the log '.repeat(10)}`)
    await java.produce(topic, compression, lines)
    const found: RawRecord[] = []
    await readToEnd(room.kafka, [{ topic, partition: 0 }], (each) => found.push(each))
    assert.deepEqual(
      found.map(({ value }) => String(value)),
      lines,
    )
  })
