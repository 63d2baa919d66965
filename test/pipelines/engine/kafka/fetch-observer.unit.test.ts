import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import {
  type PartitionFetch,
  installFetchObserver,
  observingFetches,
  partitionFetch,
} from '../../../../pipelines/engine/kafka/fetch-observer.ts'

const message = (offset: number, isControlRecord = false) => ({ offset: String(offset), isControlRecord })
const fetched = (messages: ReturnType<typeof message>[], lastStableOffset = '9') => ({
  partition: 0,
  highWatermark: '12',
  lastStableOffset,
  messages,
})
const found = (nextOffset: bigint, hasRecords: boolean, readableEnd = 9n) => ({
  topic: 'a',
  partition: 0,
  nextOffset,
  readableEnd,
  hasRecords,
})

for (const [what, from, response, expected] of [
  ['nothing', 9n, fetched([]), found(9n, false)],
  ['records', 7n, fetched([message(7), message(8)]), found(9n, true)],
  ['only the end of a transaction', 8n, fetched([message(8, true)]), found(9n, false)],
  ['only the rest of a compressed batch', 8n, fetched([message(6), message(7)]), found(8n, false)],
  ['nothing, uncommitted ones being read', 12n, fetched([], '-1'), found(12n, false, 12n)],
] as const)
  test(`a fetch that finds ${what} tells up to where it has been, and how far one can read`, () => {
    assert.deepEqual(partitionFetch('a', from, { ...response, messages: [...response.messages] }), expected)
  })

test('each consumer is told of its own fetches, and others fetch as ever', async () => {
  const Broker = createRequire(import.meta.url)('kafkajs/src/broker') as {
    prototype: { fetch: (request: unknown) => Promise<unknown> }
  }
  const { fetch } = Broker.prototype
  Broker.prototype.fetch = () =>
    Promise.resolve({
      responses: [{ topicName: 'a', partitions: [fetched([]), { ...fetched([]), partition: 1 }] }],
    })
  installFetchObserver()
  const request = { topics: [{ topic: 'a', partitions: [{ partition: 0, fetchOffset: '9' }] }] }
  const one: PartitionFetch[] = []
  const two: PartitionFetch[] = []
  try {
    await observingFetches(
      (each) => one.push(each),
      () => Broker.prototype.fetch(request),
    )
    await observingFetches(
      (each) => two.push(each),
      () => Promise.resolve(),
    )
    await Broker.prototype.fetch(request)
  } finally {
    Broker.prototype.fetch = fetch
  }
  assert.deepEqual([one, two], [[found(9n, false)], []])
})
