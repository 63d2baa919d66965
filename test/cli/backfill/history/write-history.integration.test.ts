import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writeHistory } from '../../../../cli/backfill/history/write-history.ts'
import { Ledger } from '../../../../cli/backfill/ledger.ts'
import type { HistoryRecord } from '../../../../cli/versions/history-record.ts'
import { madeMessage } from '../../../../cli/versions/versions-in-kafka.ts'
import type { RawRecord } from '../../../../pipelines/engine/raw-record.ts'
import type { CleanPlay } from '../../../../schemas/events.ts'
import { topic } from '../../../../schemas/topic.ts'
import { topics } from '../../../../schemas/topics.ts'
import { play } from '../../../kit/builders.ts'
import { historyRoom } from './history-room.ts'

const room = historyRoom()
const which = { topology: 'listening-totals', version: 2 }
const { value: shape, partitioning } = topics.playsClean
const historyTopic = topic('listening-totals.v2.history', shape, partitioning, { 'retention.ms': '-1' })

class Killed extends Error {}

const openLedger = () => {
  const { kafka, address } = room.kafka
  const config = { TOPIC_PREFIX: address.topicPrefix, APPLICATION_ID: address.applicationId }
  return Ledger.open({ kafka, config: { ...config, REPLICATION_FACTOR: 1 }, topology: which.topology })
}

async function begin(history: HistoryRecord): Promise<void> {
  const ledger = await openLedger()
  await ledger.write([madeMessage(which, { from: 'all', since: 0, history })])
  await ledger.close()
}

/** Goes on with what is written down. Killed in its first transaction, or when that has been committed, it answers true. */
async function dies(where: 'within' | 'behind'): Promise<boolean> {
  const ledger = await openLedger()
  const record = await ledger.recordOf(which)
  try {
    await writeHistory(record!.history!, {
      client: room.clickhouse.client,
      codec: room.kafka.codec,
      topic: room.kafka.nameOf(historyTopic),
      async keep(history, more) {
        await ledger.write([madeMessage(which, { ...record!, history })], async (transaction) => {
          await more(transaction)
          if (where === 'within') throw new Killed()
        })
        throw new Killed()
      },
      stopped: () => false,
    })
    return false
  } catch (error) {
    if (error instanceof Killed) return true
    throw error
  } finally {
    await ledger.close()
  }
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
    topicId,
    cut: [45_000, 50_005],
    rows: 45_008,
    written: 0,
    read: false,
    left: [
      { topicId: 'before', partition: 3, from: 100, until: 103 },
      { topicId, partition: 0, from: 0, until: 45_000 },
      { topicId, partition: 1, from: 50_000, until: 50_005 },
    ],
  })
  let kills = 0
  while (await dies('within')) {
    assert.ok(await dies('behind'))
    kills += 2
    assert.ok(kills <= 10, 'it does not get on')
  }
  assert.equal(kills, 10)
  const records = await room.kafka.records(historyTopic)
  const of = (partition: number) => records.filter((each) => each.partition === partition)
  assert.equal(firstWrong(of(0), zero), 'none')
  assert.equal(firstWrong(of(1), [...old, ...one]), 'none')
})

/** Which record is not that of its play, if any; a list of all that differ would have no end. */
function firstWrong(records: readonly RawRecord[], plays: readonly CleanPlay[]): string {
  if (records.length !== plays.length) return `${records.length} records of ${plays.length} plays`
  const found = plays.findIndex((each, i) => {
    const { key, timestamp, value } = records[i]!
    const bytes = room.kafka.codec.encode(topics.playsClean, each)
    return key?.toString() !== each.listener || timestamp !== each.receivedAt || !value!.equals(bytes)
  })
  return found === -1 ? 'none' : `record ${found}`
}
