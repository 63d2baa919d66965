import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fencedProducer } from '../../../../pipelines/engine/kafka/transaction.ts'
import type { Play } from '../../../../schemas/events.ts'
import { topics } from '../../../../schemas/topics.ts'
import { until } from '../../../kit/until.ts'
import {
  closingPlays,
  disorderlyPlays,
  doubled,
  isClosing,
  sentCounts,
  writtenCounts,
} from '../../conservation.ts'
import { KafkaRoom, roomTopologies } from '../../kafka-room.ts'

const byUser = ({ userId }: Play) => userId
const { anonymise, 'listening-totals': listeningTotals } = roomTopologies

let room: KafkaRoom
before(async () => (room = await KafkaRoom.make({ partitions: 4 })))
after(() => room.remove())

test('two share the partitions; one stops and the other goes on with its state: nothing lost, nothing doubled', async () => {
  const sent: Play[] = []
  const send = async (count: number) => {
    const plays = disorderlyPlays(count, { from: sent.length })
    await room.send(topics.plays, plays, byUser)
    sent.push(...plays)
  }
  const first = [await room.run(anonymise), await room.run(listeningTotals)]
  await send(500)
  const [second] = await Promise.all([
    Promise.all([room.run(anonymise), room.run(listeningTotals)]),
    send(500).then(() => send(500)),
  ])
  await send(500)
  await room.caughtUp('anonymise', topics.plays)
  const stopped = Promise.all(first.map((each) => each.stop()))
  await send(500)
  await stopped
  await room.caughtUp('anonymise', topics.plays)
  await room.send(topics.plays, closingPlays(), byUser)
  await room.caughtUp('anonymise', topics.plays)
  await room.caughtUp('listening-totals', topics.playsClean)
  await room.caughtUp('listening-totals', topics.playsByArtist)
  for (const each of second) await each.stop()

  const clean = (await room.values(topics.playsClean)).filter((each) => !isClosing(each))
  assert.deepEqual(clean.map(({ eventId }) => eventId).sort(), sent.map(({ eventId }) => eventId).sort())
  const closed = await room.values(topics.artistTotals)
  assert.deepEqual(doubled(closed), [])
  assert.deepEqual(writtenCounts({ closed, late: await room.values(topics.latePlays) }), sentCounts(sent))
})

test('a producer whose transactional id has a new owner can neither write nor commit', async () => {
  const id = `${room.address.topicPrefix}zombie`
  const [play] = disorderlyPlays(1, { from: 1_000_000 })
  const messages = [{ value: room.codec.encode(topics.plays, play!) }]
  const topic = room.nameOf(topics.plays)
  const before = (await room.records(topics.plays)).length

  const zombie = await fencedProducer(room.kafka, id)
  const transaction = await zombie.transaction()
  await transaction.send({ topic, acks: -1, messages })
  const owner = await fencedProducer(room.kafka, id)
  await assert.rejects(transaction.send({ topic, acks: -1, messages }), /epoch|fenced/i)
  await assert.rejects(transaction.commit(), /epoch|fenced/i)
  assert.equal((await room.records(topics.plays)).length, before)
  await zombie.disconnect()
  await owner.disconnect()
})

test('a task that has been fenced ends its process, and what it read is left to the new owner', async () => {
  const crashes: unknown[] = []
  const zombie = await room.run(anonymise, (error) => crashes.push(error))
  const group = `${room.address.applicationId}.anonymise`
  const owners = await Promise.all(
    [0, 1, 2, 3].map((index) => fencedProducer(room.kafka, `${room.address.topicPrefix}${group}.${index}`)),
  )
  const before = (await room.records(topics.playsClean)).length
  await room.send(topics.plays, disorderlyPlays(1, { from: 2_000_000 }), byUser)
  await until(() => crashes.length > 0, { what: 'the fenced task to crash' })
  assert.match(String(crashes[0]), /epoch|fenced/i)
  assert.equal((await room.records(topics.playsClean)).length, before)
  await zombie.stop()
  for (const each of owners) await each.disconnect()

  const running = await room.run(anonymise)
  await room.caughtUp('anonymise', topics.plays)
  await running.stop()
  assert.equal((await room.records(topics.playsClean)).length, before + 1)
})
