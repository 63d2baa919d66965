import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Kafka } from 'kafkajs'
import type { ClusterFetch, ClusterFetched } from '../../../../pipelines/engine/kafka/cluster.ts'
import { type OffsetRange, readRanges } from '../../../../pipelines/engine/kafka/read-ranges.ts'
import { fetchedBatch } from '../../../kit/record-batches.ts'

type Answer = Error | [partition: number, offsets: number[]][]

/** Brokers of topic `log`: each answers its fetches one after the other; `leaders` says who leads a partition, by turns of the metadata. */
function clusterThat(answers: Record<string, Answer[]>, leaders: Record<number, string>[]) {
  const asked: string[] = []
  let [turn, disconnected] = [0, false]
  const broker = (nodeId: string) => ({
    fetch(request: ClusterFetch): Promise<ClusterFetched> {
      const partitions = request.topics.flatMap((topic) => topic.partitions)
      asked.push(
        `${nodeId}: ${partitions.map(({ partition, fetchOffset }) => `${partition}@${fetchOffset}`).join(' ')}`,
      )
      const answer = answers[nodeId]?.shift() ?? new Error('asked once more')
      if (answer instanceof Error) return Promise.reject(answer)
      const found = answer.map(([partition, offsets]) => ({
        partition,
        messages: offsets.length === 0 ? [] : fetchedBatch(partition, offsets).messages,
      }))
      return Promise.resolve({ responses: [{ topicName: 'log', partitions: found }] })
    },
  })
  const cluster = {
    connect: () => Promise.resolve(),
    disconnect: () => Promise.resolve((disconnected = true)),
    addMultipleTargetTopics: () => Promise.resolve(),
    refreshMetadata: () => Promise.resolve(void (turn = Math.min(turn + 1, leaders.length - 1))),
    findLeaderForPartitions: (_: string, partitions: number[]) =>
      Object.fromEntries(
        partitions.flatMap((each) => (leaders[turn]?.[each] ?? '').split('').map((id) => [id, [each]])),
      ),
    findBroker: ({ nodeId }: { nodeId: string }) => Promise.resolve(broker(nodeId)),
  }
  const admin = {
    connect: () => Promise.resolve(),
    disconnect: () => Promise.resolve(),
    fetchTopicOffsets: () => Promise.resolve([{ partition: 0, low: '5', high: '9' }]),
  }
  const kafka = { [Symbol('private:Kafka:createCluster')]: () => cluster, admin: () => admin }
  return { kafka: kafka as unknown as Kafka, asked, closed: () => disconnected }
}

const range = (partition: number, from: number, until: number): OffsetRange => ({
  topic: 'log',
  partition,
  from: BigInt(from),
  until: BigInt(until),
})

async function read(kafka: Kafka, ranges: OffsetRange[]): Promise<string[]> {
  const seen: string[] = []
  await readRanges({
    kafka,
    ranges,
    onRead: (_, records) => records.forEach(({ partition, offset }) => seen.push(`${partition}:${offset}`)),
  })
  return seen
}

const away = () => Object.assign(new Error('away'), { retriable: true })

test('ranges are read to their ends from those who lead them, each record once and in order', async () => {
  const { kafka, asked, closed } = clusterThat({ a: [[[0, [2, 3]]], [[0, [4]]]], b: [[[1, [0]]]] }, [
    { 0: 'a', 1: 'b' },
  ])
  assert.deepEqual((await read(kafka, [range(0, 2, 5), range(1, 0, 1)])).toSorted(), [
    '0:2',
    '0:3',
    '0:4',
    '1:0',
  ])
  assert.deepEqual(asked.toSorted(), ['a: 0@2', 'a: 0@4', 'b: 1@0'])
  assert.ok(closed())
})

test('what ends where it begins asks nobody', async () => {
  const { kafka, asked } = clusterThat({}, [{}])
  assert.deepEqual(await read(kafka, [range(0, 3, 3)]), [])
  assert.deepEqual(asked, [])
})

test('where nothing can be read yet it asks again', async () => {
  const { kafka } = clusterThat({ a: [[[0, []]], [[0, [0]]]] }, [{ 0: 'a' }])
  assert.deepEqual(await read(kafka, [range(0, 0, 1)]), ['0:0'])
})

/*
 *   broker a   0 1 | away
 *   broker b               2
 */
test('a partition that moves is read on from its new leader: nothing twice, or old state would replace the new', async () => {
  const { kafka, asked } = clusterThat({ a: [[[0, [0, 1]]], away()], b: [[[0, [2]]]] }, [
    { 0: 'a' },
    { 0: '' },
    { 0: 'b' },
  ])
  assert.deepEqual(await read(kafka, [range(0, 0, 3)]), ['0:0', '0:1', '0:2'])
  assert.deepEqual(asked, ['a: 0@0', 'a: 0@2', 'b: 0@2'])
})

test('a batch that reaches back before the range is read from its beginning on', async () => {
  const { kafka } = clusterThat({ a: [[[0, [0, 1, 2]]]] }, [{ 0: 'a' }])
  assert.deepEqual(await read(kafka, [range(0, 1, 3)]), ['0:1', '0:2'])
})

test('what the broker has deleted meanwhile is passed over, and what waiting does not mend is thrown', async () => {
  const outOfRange = () => Object.assign(new Error('out of range'), { name: 'KafkaJSOffsetOutOfRange' })
  const deleted = clusterThat({ a: [outOfRange(), [[0, [5]]]] }, [{ 0: 'a' }])
  assert.deepEqual(await read(deleted.kafka, [range(0, 2, 6)]), ['0:5'])
  assert.deepEqual(deleted.asked, ['a: 0@2', 'a: 0@5'])

  const beyond = clusterThat({ a: [outOfRange()] }, [{ 0: 'a' }])
  await assert.rejects(read(beyond.kafka, [range(0, 20, 30)]), /out of range/)
  const refused = clusterThat({ a: [Object.assign(new Error('no'), { retriable: false })] }, [{ 0: 'a' }])
  await assert.rejects(read(refused.kafka, [range(0, 0, 1)]), /no/)
  assert.ok(refused.closed())
})

test('what is read from several leaders is taken one fetch at a time', async () => {
  const { kafka } = clusterThat({ a: [[[0, [0]]], [[0, [1]]]], b: [[[1, [0]]], [[1, [1]]]] }, [
    { 0: 'a', 1: 'b' },
  ])
  let [taking, most] = [0, 0]
  const seen: string[] = []
  await readRanges({
    kafka,
    ranges: [range(0, 0, 2), range(1, 0, 2)],
    onRead: async ({ partition }, records) => {
      most = Math.max(most, ++taking)
      await nextTurn()
      seen.push(...records.map(({ offset }) => `${partition}:${offset}`))
      taking -= 1
    },
  })
  assert.equal(most, 1)
  assert.deepEqual(seen.toSorted(), ['0:0', '0:1', '1:0', '1:1'])
})

test('who reads may fail with what would pass at a broker: it ends the reading, and nothing is passed over', async () => {
  for (const error of [away(), Object.assign(new Error('away'), { name: 'KafkaJSOffsetOutOfRange' })]) {
    const { kafka, closed } = clusterThat({ a: [[[0, [0, 1]]], [[0, [2]]]], b: [[[1, [0]]], [[1, [1]]]] }, [
      { 0: 'a', 1: 'b' },
    ])
    const seen: number[] = []
    const reading = readRanges({
      kafka,
      ranges: [range(0, 0, 3), range(1, 0, 2)],
      onRead: ({ partition }) => {
        seen.push(partition)
        return Promise.reject(error)
      },
    })
    await assert.rejects(reading, error)
    assert.equal(seen.length, 1, 'nothing is told behind what was not taken')
    assert.ok(closed())
  }
})
