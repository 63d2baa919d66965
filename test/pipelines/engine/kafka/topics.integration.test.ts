import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ensureTopics, topology, write } from '../../../../pipelines/engine/index.ts'
import { withAdmin } from '../../../../pipelines/engine/kafka/admin.ts'
import { TopicError, createTopics } from '../../../../pipelines/engine/kafka/ensure-topics.ts'
import { partitionEnds } from '../../../../pipelines/engine/kafka/offsets.ts'
import { merge } from 'rxjs'
import { topics } from '../../../../schemas/topics.ts'
import { disorderlyPlays } from '../../conservation.ts'
import { KafkaRoom, roomTopologies } from '../../kafka-room.ts'

let room: KafkaRoom
before(async () => (room = await KafkaRoom.make({ partitions: 2 })))
after(() => room.remove())

const refuses = (work: Promise<unknown>, message: RegExp) =>
  assert.rejects(work, (error) => {
    assert.ok(error instanceof TopicError)
    assert.match(error.message, message)
    return true
  })

test('topics are made as asked, and asking again changes nothing', async () => {
  const spec = { topic: room.nameOf(topics.plays), partitions: 2, config: {} }
  await ensureTopics(room.kafka, [spec], 1)
  const { resources } = await withAdmin(room.kafka, (admin) =>
    admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 2, name: spec.topic, configNames: ['message.timestamp.type', 'retention.ms'] }],
    }),
  )
  assert.deepEqual(
    Object.fromEntries(
      resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]),
    ),
    { 'message.timestamp.type': 'LogAppendTime', 'retention.ms': '86400000' },
  )
})

test('what is sent to new topics at once is there once', async () => {
  const producer = room.kafka.producer()
  await producer.connect()
  const partitions = 4
  for (let round = 0; round < 20; round++) {
    const topic = `${room.nameOf(topics.plays)}-${round}`
    await ensureTopics(room.kafka, [{ topic, partitions, config: {} }], 1)
    const messages = Array.from({ length: partitions }, (_, partition) => ({ partition, value: 'once' }))
    await producer.send({ topic, messages })
    const ends = await partitionEnds(room.kafka, [topic])
    assert.deepEqual(
      [...ends.values()].map(({ high }) => high),
      messages.map(() => 1n),
    )
  }
  await producer.disconnect()
})

test('a topic with another number of partitions is refused, with the remedy', async () => {
  const spec = { topic: room.nameOf(topics.plays), partitions: 3, config: {} }
  await refuses(
    ensureTopics(room.kafka, [spec], 1),
    /Topic test-.*plays has 2 partitions, not 3: set PARTITIONS to what it was made with, or .* TOPIC_PREFIX/,
  )
})

test('topics for whose copies brokers are too few, or with a setting that there is not, are named', async (t) => {
  const admin = room.kafka.admin()
  await admin.connect()
  t.after(() => admin.disconnect())
  const spec = { topic: `${room.address.topicPrefix}refused`, partitions: 1, config: {} }
  await refuses(
    createTopics(admin, [spec], 2),
    /Fewer than 2 of Kafka's brokers are in service, and of test-.*refused there are .*: set REPLICATION_FACTOR/,
  )
  await refuses(
    createTopics(admin, [{ ...spec, config: { 'retention.ms': 'long' } }], 1),
    /Kafka does not make test-.*refused: .* \(INVALID_CONFIG\)/,
  )
})

test('a topology whose topics do not exist names them and the remedy', async () => {
  const elsewhere = await KafkaRoom.enter({
    topicPrefix: `${room.address.topicPrefix}else.`,
    applicationId: 'else',
  })
  await refuses(
    elsewhere.run(roomTopologies['listening-totals']),
    /Topics .*else\.plays-clean, .*else\.plays-by-artist.* do not exist: run `continuo migrate` .*, or check TOPIC_PREFIX/,
  )
})

test('a topology that reads topics of unequal partition counts is refused', async () => {
  const uneven = topology('uneven', ({ read }) =>
    merge(
      read(topics.plays).pipe(write(topics.plays)),
      read(topics.importedPlays).pipe(write(topics.importedPlays)),
    ),
  )
  await refuses(
    room.run(uneven),
    /topics of uneven must have equally many partitions, but (?=.*\.plays has 2).*imported-plays has 1/,
  )
})

test('a topology whose input has got more partitions than its changelogs is refused', async () => {
  const running = await room.run(roomTopologies.anonymise)
  await running.stop()
  await withAdmin(room.kafka, (admin) =>
    admin.createPartitions({
      topicPartitions: [topics.plays, topics.reactions, topics.preferences].map((topic) => ({
        topic: room.nameOf(topic),
        count: 3,
      })),
    }),
  )
  await refuses(
    room.run(roomTopologies.anonymise),
    /anonymise-deduplicate-1-changelog has 2 partitions, not 3/,
  )
})

test('a topology that writes to a topic that does not exist names it and the remedy', async () => {
  const nowhere = { ...topics.latePlays, name: 'nowhere' }
  const astray = topology('astray', ({ read }) => read(topics.latePlays).pipe(write(nowhere)))
  await refuses(room.run(astray), /Topics .*nowhere do not exist: .*migration/)
})

test('a changelog of another group is refused: its state is not that of the offsets', async (t) => {
  const room = await KafkaRoom.make({ partitions: 2 })
  const other = await KafkaRoom.enter({ ...room.address, applicationId: 'another' })
  t.after(async () => {
    await other.remove()
    await room.remove()
  })
  const running = await room.run(roomTopologies.anonymise)
  await room.send(topics.plays, disorderlyPlays(20), ({ userId }) => userId)
  await room.caughtUp('anonymise', topics.plays)
  await running.stop()
  await assert.rejects(
    other.run(roomTopologies.anonymise, () => undefined),
    /changelogs of anonymise remember partition \d, in which group another\.anonymise has committed nothing: .* TOPIC_PREFIX together with APPLICATION_ID/,
  )
})
