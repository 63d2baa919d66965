import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planHistory } from '../../../../cli/backfill/history/plan.ts'
import { emptyTopics } from '../../../../pipelines/engine/kafka/reset-topology.ts'
import { withAdmin } from '../../../../pipelines/engine/kafka/admin.ts'
import { topics } from '../../../../schemas/topics.ts'
import { at, play } from '../../../kit/builders.ts'
import { historyRoom } from './history-room.ts'

const room = historyRoom()

function plan() {
  const { kafka, address } = room.kafka
  const config = {
    TOPIC_PREFIX: address.topicPrefix,
    APPLICATION_ID: address.applicationId,
    CLICKHOUSE_DATABASE: room.clickhouse.database,
  }
  return planHistory('listening-totals', { kafka, client: room.clickhouse.client, config })
}

const plays = (count: number) => Array.from({ length: count }, () => play())

test('while the sink has committed nothing nobody knows where history ends', async () => {
  await room.inserted(await room.topicId(), 0, 0, plays(1))
  await assert.rejects(plan(), {
    name: 'BackfillError',
    message: /the sink has committed nothing of .*plays-clean yet.*start `continuo sinks`.*--from kept/,
  })
})

test('a table without a play up to there has no history', async () => {
  await room.committed({ 0: 0 })
  await assert.rejects(plan(), {
    name: 'BackfillError',
    message: /table plays of database test_.* has no play.*--from kept/,
  })
})

test('it ends at what the sink has committed, whatever it has inserted; of topics that were before it has all', async () => {
  const topicId = await room.topicId()
  await room.inserted(topicId, 0, 1, plays(9))
  await room.inserted('before', 1, 500, [play({ playedAt: '11:00:00' })])
  await room.committed({ 0: 7 })
  const { history, earliest } = await plan()
  assert.deepEqual(history, {
    topicId,
    cut: [7, 0],
    rows: 8,
    written: 0,
    read: false,
    left: [
      { topicId: 'before', partition: 1, from: 500, until: 501 },
      { topicId, partition: 0, from: 0, until: 7 },
    ],
  })
  assert.equal(earliest, at('11:00:00'))
})

test('what has expired before the sink read it is in neither: history ends where the topic begins', async () => {
  await room.kafka.sendBytes(
    topics.playsClean,
    plays(12).map((each) => ({ partition: 0, value: room.kafka.codec.encode(topics.playsClean, each) })),
  )
  await withAdmin(room.kafka.kafka, (admin) => emptyTopics(admin, [room.live()]))
  const { history } = await plan()
  assert.deepEqual(history.cut, [12, 0])
  assert.equal(history.rows, 11)
})
