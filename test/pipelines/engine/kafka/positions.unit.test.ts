import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EachBatchPayload } from 'kafkajs'
import { pino } from 'pino'
import { Positions } from '../../../../pipelines/engine/kafka/positions.ts'
import { partitionKey } from '../../../../pipelines/engine/raw-record.ts'
import { fetchedBatch } from '../../../kit/record-batches.ts'

/** Positions whose take-overs are held until they are let go, and what they tell. */
function positionsOf() {
  const told: string[] = []
  const held: (() => void)[] = []
  const positions = new Positions(
    { seek: ({ topic, partition, offset }) => told.push(`seek ${topic}:${partition} to ${offset}`) },
    {
      groupId: 'group',
      onRevoked: (lost) => {
        told.push(`lost ${lost.map(partitionKey).join()}`)
      },
      onJoined: ({ generationId }) => told.push(`joined ${generationId}`),
      onAssigned: async (gained) => {
        told.push(`gained ${gained.map(partitionKey).join()}`)
        await new Promise<void>((resolve) => {
          held.push(resolve)
        })
        return new Map(gained.map((each) => [partitionKey(each), 7n]))
      },
      crash(error) {
        throw error
      },
      log: pino({ level: 'silent' }),
    },
  )
  const assign = (memberId: string, generationId: number, partitions: number[]) =>
    positions.assign({ memberId, generationId }, { plays: partitions })
  const settle = async () => {
    while (positions.moving !== undefined) {
      held.shift()?.()
      await Promise.resolve()
    }
    return told.splice(0)
  }
  const owned = () => [0, 1, 2].filter((partition) => positions.owns({ topic: 'plays', partition }))
  /** Offsets of what is taken of a fetch that has brought these. */
  function take(offsets: number[]): bigint[] | undefined {
    const last = offsets.at(-1)!
    const ends = { lastOffset: () => String(last), highWatermark: String(last + 1) }
    const batch = { ...fetchedBatch(0, offsets), ...ends, topic: 'plays' }
    return positions.take({ batch } as unknown as EachBatchPayload)?.records.map(({ offset }) => offset)
  }
  return { assign, settle, owned, take, positions }
}

test('partitions that stay through a rebalance go on; the others are lost, then gained', async () => {
  const { assign, settle, owned } = positionsOf()
  assign('a', 1, [0, 1])
  assert.deepEqual(await settle(), [
    'joined 1',
    'gained plays:0,plays:1',
    'seek plays:0 to 7',
    'seek plays:1 to 7',
  ])
  assign('a', 2, [1, 2])
  assert.deepEqual(await settle(), [
    'lost plays:0',
    'joined 2',
    'gained plays:2',
    'seek plays:1 to 7',
    'seek plays:2 to 7',
  ])
  assert.deepEqual(owned(), [1, 2])
})

test('a consumer that ends while it takes partitions over is not told where to read them', async () => {
  const { assign, settle, owned, positions } = positionsOf()
  assign('a', 1, [0])
  positions.end()
  assert.deepEqual(await settle(), ['joined 1', 'gained plays:0'])
  assert.deepEqual(owned(), [])
})

const interruptions: [string, [memberId: string, generationId: number]][] = [
  ['a member that has been out of the group', ['b', 2]],
  ['a member that came too late for an assignment between', ['a', 3]],
]
for (const [who, [memberId, generationId]] of interruptions) {
  test(`${who} takes over even what it had before: another may have had it meanwhile`, async () => {
    const { assign, settle, owned } = positionsOf()
    assign('a', 1, [0])
    await settle()
    assign(memberId, generationId, [0])
    assert.deepEqual(owned(), [])
    assert.deepEqual(await settle(), [
      'lost plays:0',
      `joined ${generationId}`,
      'gained plays:0',
      'seek plays:0 to 7',
    ])
    assert.deepEqual(owned(), [0])
  })
}

test('what an assignment takes away is lost at once, though an earlier one is still being taken over', async () => {
  const { assign, settle, owned } = positionsOf()
  assign('a', 1, [0])
  await settle()
  assign('a', 2, [0, 1])
  assign('a', 3, [1])
  assert.deepEqual(owned(), [])
  await settle()
  assert.deepEqual(owned(), [1])
})

test('what lies before the position is not taken, though a fetch brings it: committed by a former owner, or taken already', async () => {
  const { assign, settle, take } = positionsOf()
  assign('a', 1, [0])
  await settle()
  assert.deepEqual(take([5, 6, 7, 8]), [7n, 8n])
  assert.equal(take([5, 6, 7, 8]), undefined)
  assert.deepEqual(take([8, 9]), [9n])
})
