import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { withAdmin } from '../../../../pipelines/engine/kafka/ensure-topics.ts'
import {
  type GroupMember,
  memberOf,
  sendOffsetsAs,
  stableOffsets,
} from '../../../../pipelines/engine/kafka/group-fence.ts'
import { fencedProducer, isFenced } from '../../../../pipelines/engine/kafka/transaction.ts'
import { topics } from '../../../../schemas/topics.ts'
import { KafkaRoom } from '../../kafka-room.ts'

let room: KafkaRoom
before(async () => (room = await KafkaRoom.make({ partitions: 2 })))
after(() => room.remove())

const partition = { partition: 0 }

/** A group with one member, and a transaction that has not sent its offsets. */
async function groupAndTransaction() {
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
  const transaction = await producer.transaction()
  const committed = async (fetch: typeof stableOffsets = (fetchOffsets) => fetchOffsets()) => {
    const [found] = await withAdmin(room.kafka, (admin) =>
      fetch(() => admin.fetchOffsets({ groupId, topics: [topic] })),
    )
    return found?.partitions.find((each) => each.partition === partition.partition)
  }
  return {
    member,
    transaction,
    committed,
    sendOffsets: (as: GroupMember) =>
      sendOffsetsAs(as, () =>
        transaction.sendOffsets({
          consumerGroupId: groupId,
          topics: [{ topic, partitions: [{ ...partition, offset: '7' }] }],
        }),
      ),
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
  test(`offsets of ${who} are refused, and nothing of their transaction is committed`, async () => {
    const { member, transaction, committed, sendOffsets, close } = await groupAndTransaction()
    await assert.rejects(sendOffsets(as(member)), isFenced)
    await transaction.abort()
    assert.equal((await committed())?.offset, '-1')
    await close()
  })
}

test('stable offsets wait for the transaction that is about to change them', async () => {
  const { member, transaction, committed, sendOffsets, close } = await groupAndTransaction()
  await sendOffsets(member)
  const order: string[] = []
  const stable = committed(stableOffsets).then((found) => {
    order.push('answered')
    return found
  })
  assert.equal((await committed())?.offset, '-1')
  order.push('committing')
  await transaction.commit()
  assert.equal((await stable)?.offset, '7')
  assert.deepEqual(order, ['committing', 'answered'])
  await close()
})
