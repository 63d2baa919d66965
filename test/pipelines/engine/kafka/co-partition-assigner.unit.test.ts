import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AssignerProtocol, type Cluster } from 'kafkajs'
import { coPartitionAssigner } from '../../../../pipelines/engine/kafka/co-partition-assigner.ts'

/** An assigner over topics of these partition counts. */
function assignerOver(counts: Record<string, number>) {
  const findTopicPartitionMetadata = (topic: string) =>
    Array.from({ length: counts[topic] ?? 0 }, (_, partitionId) => ({ partitionId }))
  const cluster = { findTopicPartitionMetadata } as unknown as Cluster
  return coPartitionAssigner({ cluster, groupId: 'g', logger: undefined as never })
}

/** Who reads what: member id to topic to partitions. */
async function assigned(counts: Record<string, number>, memberIds: string[]) {
  const members = memberIds.map((memberId) => ({ memberId, memberMetadata: Buffer.alloc(0) }))
  const assignments = await assignerOver(counts).assign({ members, topics: Object.keys(counts) })
  return assignments.map(({ memberId, memberAssignment }) => ({
    memberId,
    topics: AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment ?? {},
  }))
}

test('every partition has one reader; partition i of all topics the same; nobody has two more than another', async () => {
  const members = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(members, fc.integer({ min: 1, max: 12 }), async (memberIds, count) => {
      const all = await assigned({ plays: count, reactions: count }, memberIds)
      const read = all.flatMap(({ topics }) => topics['plays'] ?? [])
      assert.deepEqual(
        read.toSorted((a, b) => a - b),
        [...Array(count).keys()],
      )
      for (const { topics } of all) assert.deepEqual(topics['plays'], topics['reactions'])
      const sizes = all.map(({ topics }) => topics['plays']?.length ?? 0)
      assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1)
    }),
  )
})

test('the order in which members are listed changes nothing', async () => {
  const counts = { plays: 5 }
  assert.deepEqual(await assigned(counts, ['b', 'c', 'a']), await assigned(counts, ['a', 'b', 'c']))
})

test('a member tells the group which topics it wants', () => {
  const { name, metadata } = assignerOver({}).protocol({ topics: ['plays', 'reactions'] })
  assert.equal(name, 'continuo-co-partition')
  assert.deepEqual(AssignerProtocol.MemberMetadata.decode(metadata)?.topics, ['plays', 'reactions'])
})
