import assert from 'node:assert/strict'
import type { Batch } from 'kafkajs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import {
  type PartitionFetch,
  installFetchedBatches,
  readingBatches,
} from '../../../../pipelines/engine/kafka/fetch-batches.ts'
import { fetchedIn } from '../../../../pipelines/engine/kafka/fetched.ts'
import { batchBytes } from '../../../kit/record-batches.ts'

interface DecodedMessage {
  offset: string
  isControlRecord: boolean
}

interface DecodedPartition {
  partition: number
  highWatermark: string
  abortedTransactions: unknown[]
  messages: DecodedMessage[]
}

interface FetchExchange {
  response: { decode(bytes: Buffer): Promise<{ responses: { partitions: DecodedPartition[] }[] }> }
}

const require = createRequire(import.meta.url)
const { requests } = require('kafkajs/src/protocol/requests') as {
  requests: {
    Fetch: { versions: string[]; protocol: (chosen: object) => (request: object) => FetchExchange }
  }
}
const Encoder = require('kafkajs/src/protocol/encoder') as new () => Record<
  'writeInt16' | 'writeInt32' | 'writeInt64' | 'writeString' | 'writeBytes',
  (value: unknown) => InstanceType<typeof Encoder>
> & { buffer: Buffer }

installFetchedBatches()

/** A broker's response to a fetch of partition 0 of `a`, whose high watermark is 12. */
function responseOf(
  records: Buffer,
  lastStableOffset = 9,
  aborted: [producer: number, first: number][] = [],
) {
  const encoder = new Encoder().writeInt32(0).writeInt16(0).writeInt32(0)
  encoder.writeInt32(1).writeString('a').writeInt32(1)
  encoder.writeInt32(0).writeInt16(0).writeInt64('12').writeInt64(String(lastStableOffset)).writeInt64('0')
  encoder.writeInt32(aborted.length)
  for (const [producer, first] of aborted) encoder.writeInt64(String(producer)).writeInt64(String(first))
  return encoder.writeInt32(-1).writeBytes(records).buffer
}

const exchangeOf = (from: number) =>
  requests.Fetch.protocol({ version: 11 })({
    maxWaitTime: 1,
    topics: [{ topic: 'a', partitions: [{ partition: 0, fetchOffset: String(from) }] }],
  })

async function decoded(exchange: FetchExchange, response: Buffer): Promise<DecodedPartition> {
  const { responses } = await exchange.response.decode(response)
  return responses[0]!.partitions[0]!
}

/** What a consumer of ours is told, and what it is given. */
async function fetchFrom(from: number, response: Buffer) {
  const told: PartitionFetch[] = []
  const exchange = await readingBatches(
    () => Promise.resolve(exchangeOf(from)),
    (each) => told.push(each),
  )
  const partition = await decoded(exchange, response)
  const given = partition.messages.filter(({ isControlRecord }) => !isControlRecord)
  const offsets = given.flatMap((message) =>
    fetchedIn({ messages: [message] } as unknown as Batch)
      .records(0n)
      .map(({ offset }) => Number(offset)),
  )
  return { told, offsets, last: partition.messages.at(-1)?.offset }
}

const found = (nextOffset: bigint, hasRecords: boolean, readableEnd = 9n) => [
  { topic: 'a', partition: 0, nextOffset, readableEnd, highWatermark: 12n, hasRecords },
]
const two = batchBytes({ baseOffset: 7, count: 2 })
const end = batchBytes({ baseOffset: 8, marker: 'commit', transactional: true, producerId: 1 })
const compacted = batchBytes({ baseOffset: 6, records: [], lastOffsetDelta: 2 })

for (const [what, from, response, expected] of [
  ['nothing', 9, responseOf(Buffer.alloc(0)), { told: found(9n, false), offsets: [], last: undefined }],
  ['records', 7, responseOf(two), { told: found(9n, true), offsets: [7, 8], last: '8' }],
  [
    'records of which some were there before',
    8,
    responseOf(two),
    { told: found(9n, true), offsets: [8], last: '8' },
  ],
  ['only the end of a transaction', 8, responseOf(end), { told: found(9n, false), offsets: [], last: '8' }],
  [
    'only a batch that compaction has emptied',
    8,
    responseOf(compacted),
    { told: found(9n, false), offsets: [], last: '8' },
  ],
  [
    'a batch that is cut',
    7,
    responseOf(two.subarray(0, -1)),
    { told: found(7n, false), offsets: [], last: undefined },
  ],
  [
    'nothing, uncommitted ones being read',
    12,
    responseOf(Buffer.alloc(0), -1),
    { told: found(12n, false, 12n), offsets: [], last: undefined },
  ],
] as const)
  test(`a fetch that finds ${what} tells up to where it has been, how far one can read and how far there is anything`, async () => {
    const { told, offsets, last } = await fetchFrom(from, response)
    assert.deepEqual(
      { told, offsets, last },
      { ...expected, told: [...expected.told], offsets: [...expected.offsets] },
    )
  })

test('what is behind an aborted transaction is given, and nothing of it', async () => {
  const transactional = { transactional: true, producerId: 1 }
  const log = Buffer.concat([
    batchBytes({ ...transactional, baseOffset: 4 }),
    batchBytes({ ...transactional, baseOffset: 5, marker: 'abort' }),
    batchBytes({ baseOffset: 6 }),
  ])
  const { told, offsets } = await fetchFrom(4, responseOf(log, 9, [[1, 4]]))
  assert.deepEqual([told, offsets], [found(7n, true), [6]])
})

test('other consumers get messages as from kafkajs, and what they are not shown moves them on', async () => {
  const aborted = { transactional: true, producerId: 1 }
  const log = Buffer.concat([
    batchBytes({
      baseOffset: 1,
      records: [{ key: Buffer.from('k'), headers: { h: Buffer.from('v') } }],
      baseTimestamp: 5,
    }),
    batchBytes({ ...aborted, baseOffset: 2, count: 2 }),
    batchBytes({ ...aborted, baseOffset: 4, marker: 'abort' }),
    batchBytes({ baseOffset: 5, records: [{}], lastOffsetDelta: 3 }),
  ])
  const { messages, abortedTransactions } = await decoded(exchangeOf(1), responseOf(log, 9, [[1, 2]]))
  assert.deepEqual(
    messages.map(({ offset, isControlRecord }) => [offset, isControlRecord]),
    [
      ['1', false],
      ['3', true],
      ['4', true],
      ['5', false],
      ['8', true],
    ],
  )
  assert.deepEqual(abortedTransactions, [])
  assert.deepEqual(messages[0], {
    offset: '1',
    timestamp: '5',
    attributes: 0,
    key: Buffer.from('k'),
    value: null,
    headers: { h: Buffer.from('v') },
    isControlRecord: false,
  })
})

test('each consumer is told of its own fetches', async () => {
  const response = responseOf(Buffer.alloc(0))
  const [one, two] = await Promise.all([fetchFrom(9, response), fetchFrom(12, response)])
  await decoded(exchangeOf(9), response)
  assert.deepEqual([one.told, two.told], [found(9n, false), found(12n, false)])
})

test('a batch that cannot be read fails the fetch for good, and the error says where it lies', async () => {
  const broken = Buffer.from(two)
  broken[broken.length - 1]! ^= 1
  await assert.rejects(decoded(exchangeOf(7), responseOf(broken)), {
    name: 'BatchError',
    retriable: false,
    message: /^a:0 at offset 7: .*CRC-32C/,
  })
})
