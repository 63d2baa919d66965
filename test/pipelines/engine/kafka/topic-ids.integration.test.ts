import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { topics } from '../../../../schemas/topics.ts'
import { topicIds } from '../../../../pipelines/engine/kafka/topic-ids.ts'
import { sinkRoom } from '../../../sinks/sink-room.ts'

let room: Awaited<ReturnType<typeof sinkRoom>>
before(async () => (room = await sinkRoom()))
after(() => room.close())

test('topics have ids of their own, which are not those of their predecessors', async () => {
  const [one, other] = [topics.playsClean, topics.artistTotals].map(room.nameOf) as [string, string]
  const before = await topicIds(room.kafka, [one, other, one])
  assert.match(before.get(one)!, /^[0-9a-f]{32}$/)
  assert.notEqual(before.get(one), before.get(other))
  await room.recreate(topics.playsClean)
  const afterwards = await topicIds(room.kafka, [one, other])
  assert.notEqual(afterwards.get(one), before.get(one))
  assert.equal(afterwards.get(other), before.get(other))
})

test('a topic that does not exist is named with the remedy', async () => {
  await assert.rejects(
    topicIds(room.kafka, ['absent']),
    /^TopicError: Kafka does not know topic absent: run `continuo migrate`/,
  )
})
