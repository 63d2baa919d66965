import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConsumerRunConfig, EachBatchPayload, Kafka } from 'kafkajs'
import { readToEnd } from '../../../../pipelines/engine/kafka/read-to-end.ts'
import { fetchedBatch } from '../../../kit/record-batches.ts'

type Ended = (event: { payload: { topic: string; partition: number; lastOffset: string } }) => void

/** A broker whose two partitions hold offsets 0 to 2, and a consumer that is handed these batches: partition, offsets. */
function kafkaThatDelivers(batches: [partition: number, offsets: number[]][]): Kafka {
  const listeners = new Map<string, Ended>()
  const consumer = {
    events: { END_BATCH_PROCESS: 'end', CRASH: 'crash' },
    on: (event: string, listener: Ended) => listeners.set(event, listener),
    connect: () => Promise.resolve(),
    subscribe: () => Promise.resolve(),
    disconnect: () => Promise.resolve(),
    async run({ eachBatch }: ConsumerRunConfig) {
      for (const [partition, offsets] of batches) {
        await eachBatch?.({ batch: fetchedBatch(partition, offsets) } as unknown as EachBatchPayload)
        listeners.get('end')?.({ payload: { topic: 'log', partition, lastOffset: String(offsets.at(-1)) } })
      }
    },
  }
  const admin = {
    connect: () => Promise.resolve(),
    disconnect: () => Promise.resolve(),
    fetchTopicOffsets: () => Promise.resolve([0, 1].map((partition) => ({ partition, low: '0', high: '3' }))),
  }
  return { consumer: () => consumer, admin: () => admin } as unknown as Kafka
}

/*
 * The consumer has to join again after it has read all of partition 0 and one record of partition 1:
 *
 *   partition 0   0 1 2 |           0 1 |
 *   partition 1         0 | rejoin      | 0 1 2
 */
test('a consumer that begins anew in the middle passes on no record twice: old state would replace the new', async () => {
  const kafka = kafkaThatDelivers([
    [0, [0, 1, 2]],
    [1, [0]],
    [0, [0, 1]],
    [1, [0, 1, 2]],
  ])
  const seen: string[] = []
  await readToEnd(
    kafka,
    [0, 1].map((partition) => ({ topic: 'log', partition })),
    ({ partition, offset }) => seen.push(`${partition}:${offset}`),
  )
  assert.deepEqual(seen, ['0:0', '0:1', '0:2', '1:0', '1:1', '1:2'])
})
