import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { withAdmin } from '../../../../pipelines/engine/kafka/admin.ts'
import { memberOf, sendOffsetsAs } from '../../../../pipelines/engine/kafka/group-fence.ts'
import type { GroupMember } from '../../../../pipelines/engine/kafka/kip-447-requests.ts'
import { committedOffsets } from '../../../../pipelines/engine/kafka/offsets.ts'
import { NotCommitted } from '../../../../pipelines/engine/kafka/refusals.ts'
import { commitTogether, fence, fencedProducer } from '../../../../pipelines/engine/kafka/transaction.ts'
import { partitionKey } from '../../../../pipelines/engine/raw-record.ts'
import { topics } from '../../../../schemas/topics.ts'
import { KafkaRoom } from '../../kafka-room.ts'
import { outgoingOf } from '../../../kit/outgoing.ts'

let room: KafkaRoom
before(async () => (room = await KafkaRoom.make({ partitions: 2 })))
after(() => room.remove())

/** A group with one member, and a producer for it. */
async function groupAndProducer() {
  const topic = room.nameOf(topics.plays)
  const groupId = `${room.address.applicationId}.${randomUUID()}`
  const consumer = room.kafka.consumer({ groupId })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic] })
  const joined = new Promise<string>((resolve) =>
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => resolve(payload.memberId)),
  )
  await consumer.run({ autoCommit: false, eachBatch: () => Promise.resolve() })
  const member = memberOf(await joined)
  const producer = await fencedProducer(room.kafka, groupId)
  return {
    topic,
    groupId,
    member,
    producer,
    /** What the broker says without waiting for anybody. */
    committedNow: () =>
      withAdmin(room.kafka, async (admin) => {
        const [found] = await admin.fetchOffsets({ groupId, topics: [topic] })
        return found?.partitions.find(({ partition }) => partition === 0)?.offset
      }),
    async close() {
      await producer.disconnect()
      await consumer.disconnect()
    },
  }
}

const strangers: [string, (member: GroupMember) => GroupMember][] = [
  ['an earlier generation', (member) => ({ ...member, generationId: member.generationId - 1 })],
  ['a member that the group does not know', (member) => ({ ...member, memberId: 'nobody' })],
]
for (const [who, as] of strangers) {
  test(`a transaction of ${who} is refused, and nothing of it is written`, async () => {
    const { topic, groupId, member, producer, committedNow, close } = await groupAndProducer()
    const before = (await room.records(topics.latePlays)).length
    const offsets = { groupId, member: as(member), offsets: [{ topic, partition: 0, offset: 7n }] }
    const record = { topic: topics.latePlays.name, partition: 0, key: 'k', value: null }
    await assert.rejects(
      commitTogether(producer, outgoingOf([record]), offsets, () => room.nameOf(topics.latePlays)),
      (error) => error instanceof NotCommitted && error.refusal === 'group',
    )
    await fence(room.kafka, groupId)
    assert.equal(await committedNow(), '-1')
    assert.equal((await room.records(topics.latePlays)).length, before)
    await close()
  })
}

test('who asks where a group stands waits for the transaction that is about to change it', async () => {
  const { topic, groupId, member, producer, committedNow, close } = await groupAndProducer()
  const transaction = await producer.transaction()
  await sendOffsetsAs(member, () =>
    transaction.sendOffsets({
      consumerGroupId: groupId,
      topics: [{ topic, partitions: [{ partition: 0, offset: '7' }] }],
    }),
  )
  const order: string[] = []
  const stable = committedOffsets(room.kafka, groupId, [topic]).then((found) => {
    order.push('answered')
    return found
  })
  assert.equal(await committedNow(), '-1')
  order.push('committing')
  await transaction.commit()
  assert.equal((await stable).get(partitionKey({ topic, partition: 0 }))?.offset, 7n)
  assert.deepEqual(order, ['committing', 'answered'])
  await close()
})
