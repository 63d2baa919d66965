import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writeHistory } from '../../../../cli/backfill/history/write-history.ts'
import { Ledger } from '../../../../cli/backfill/ledger.ts'
import type { HistoryRecord } from '../../../../cli/versions/history-record.ts'
import { madeMessage, readVersions } from '../../../../cli/versions/versions-in-kafka.ts'
import { topic } from '../../../../schemas/topic.ts'
import { topics } from '../../../../schemas/topics.ts'
import { at, play } from '../../../kit/builders.ts'
import { historyRoom } from './history-room.ts'

const room = historyRoom()
const which = { topology: 'listening-totals', version: 2 }
const { value: shape, partitioning } = topics.playsClean
const historyTopic = topic('listening-totals.v2.history', shape, partitioning, { 'retention.ms': '-1' })

class Killed extends Error {}

/** Goes on with what is written down, as a process does that dies at `dies`, the calls of which it counts. */
async function goOn(dies: (written: number) => 'before' | 'behind' | undefined): Promise<HistoryRecord> {
  const { kafka, codec, address } = room.kafka
  const config = {
    ...{ TOPIC_PREFIX: address.topicPrefix, APPLICATION_ID: address.applicationId },
    REPLICATION_FACTOR: 1,
  }
  const [known] = (await readVersions({ kafka, config })).of(which.topology)
  const ledger = await Ledger.open({ kafka, config, topology: which.topology })
  let transactions = 0
  try {
    return await writeHistory(known!.record.history!, {
      ...{ client: room.clickhouse.client, codec, topic: room.kafka.nameOf(historyTopic) },
      async keep(history, more) {
        const death = dies(transactions++)
        await ledger.write([madeMessage(which, { ...known!.record, history })], async (transaction) => {
          await more(transaction)
          if (death === 'before') throw new Killed()
        })
        if (death === 'behind') throw new Killed()
      },
      stopped: () => false,
    })
  } finally {
    await ledger.close()
  }
}

async function begin(history: HistoryRecord): Promise<void> {
  const { kafka, address } = room.kafka
  const config = {
    ...{ TOPIC_PREFIX: address.topicPrefix, APPLICATION_ID: address.applicationId },
    REPLICATION_FACTOR: 1,
  }
  const ledger = await Ledger.open({ kafka, config, topology: which.topology })
  await ledger.write([madeMessage(which, { from: 'all', since: 0, history })])
  await ledger.close()
}

test('killed before and behind each transaction it writes each play once, in order, to the partition that it came from', async () => {
  await room.kafka.add([historyTopic], () => 2)
  const some = (count: number, first: string) =>
    Array.from({ length: count }, (_, i) =>
      play({ trackName: `${first}${i}`, listener: `listener ${i % 7}`, playedAt: '12:00:00' }),
    )
  const topicId = await room.topicId()
  const [old, zero, one] = [some(3, 'old '), some(45_000, 'zero '), some(5, 'one ')]
  await room.inserted('before', 3, 100, old)
  for (let from = 0; from < zero.length; from += 15_000)
    await room.inserted(topicId, 0, from, zero.slice(from, from + 15_000))
  await room.inserted(topicId, 1, 50_000, one)
  await begin({
    ...{ topicId, cut: [45_000, 50_005], rows: 45_008, written: 0, read: false },
    left: [
      { topicId: 'before', partition: 3, from: 100, until: 103 },
      { topicId, partition: 0, from: 0, until: 45_000 },
      { topicId, partition: 1, from: 50_000, until: 50_005 },
    ],
  })
  let kills = 0
  for (;;) {
    const before = await goOn((nth) => (nth === 0 ? 'before' : undefined)).catch((error: unknown) => error)
    if (!(before instanceof Killed)) {
      if (before instanceof Error) throw before
      break
    }
    const behind = await goOn((nth) => (nth === 0 ? 'behind' : undefined)).catch((error: unknown) => error)
    assert.ok(behind instanceof Killed, String(behind))
    kills += 2
  }
  assert.equal(kills, 10)
  const records = await room.kafka.records(historyTopic)
  const decoded = records.map(({ partition, key, timestamp, value }) => ({
    ...{ partition, key: key?.toString(), timestamp, value },
  }))
  const expected = (plays: typeof old, partition: number) =>
    plays.map((each) => ({
      ...{ partition, key: each.listener, timestamp: at('12:00:00') },
      value: room.kafka.codec.encode(topics.playsClean, each),
    }))
  const of = (partition: number) => decoded.filter((each) => each.partition === partition)
  assert.deepEqual(of(0), expected(zero, 0))
  assert.deepEqual(of(1), [...expected(old, 1), ...expected(one, 1)])
})
