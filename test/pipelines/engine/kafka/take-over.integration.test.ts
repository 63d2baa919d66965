import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { minutes } from '../../../../pipelines/engine/index.ts'
import { fence, fencedProducer } from '../../../../pipelines/engine/kafka/transaction.ts'
import { topics } from '../../../../schemas/topics.ts'
import { AccountedPlays, byUser, settle } from '../../accounted-plays.ts'
import { disorderlyPlays } from '../../conservation.ts'
import { KafkaRoom, roomTopologies } from '../../kafka-room.ts'

const { anonymise, 'listening-totals': listeningTotals } = roomTopologies

let room: KafkaRoom
before(async () => (room = await KafkaRoom.make({ partitions: 4 })))
after(() => room.remove())

test('two share the partitions; one stops and the other goes on with its state: nothing lost, nothing doubled', async () => {
  const plays = new AccountedPlays(room)
  const first = [await room.run(anonymise), await room.run(listeningTotals)]
  await plays.send(500)
  const [second] = await Promise.all([
    Promise.all([room.run(anonymise), room.run(listeningTotals)]),
    plays.send(500).then(() => plays.send(500)),
  ])
  await plays.send(500)
  await room.caughtUp('anonymise', topics.plays)
  const stopped = Promise.all(first.map((each) => each.stop()))
  await plays.send(500)
  await stopped
  await settle(room)
  for (const each of second) await each.stop()
  await plays.assertConserved()
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

test('a process whose transactional ids others have taken goes on while the group leaves it the partitions', async () => {
  const running = await room.run(anonymise)
  const group = `${room.address.applicationId}.anonymise`
  const before = (await room.records(topics.playsClean)).length
  await room.send(topics.plays, disorderlyPlays(1, { from: 2_000_000 }), byUser)
  await room.caughtUp('anonymise', topics.plays)
  for (const index of [0, 1, 2, 3]) await fence(room.kafka, `${room.address.topicPrefix}${group}.${index}`)
  await room.send(topics.plays, disorderlyPlays(1, { from: 2_000_001 }), byUser)
  await room.caughtUp('anonymise', topics.plays)
  await running.stop()
  assert.equal((await room.records(topics.playsClean)).length, before + 2)
})

/*
 *   killed       begins, sends offsets …                        would be ended by the broker ten minutes later
 *   successor                            takes over: ends it, and reads where the group stands
 */
test('what a killed process has left open is ended by who takes over, and not waited for', async () => {
  const group = `${room.address.applicationId}.anonymise`
  const killed = room.kafka.producer({
    transactionalId: `${room.address.topicPrefix}${group}.0`,
    maxInFlightRequests: 1,
    transactionTimeout: minutes(10),
  })
  await killed.connect()
  const transaction = await killed.transaction()
  const offsets = [{ topic: room.nameOf(topics.plays), partitions: [{ partition: 0, offset: '0' }] }]
  await transaction.sendOffsets({ consumerGroupId: group, topics: offsets })
  const successor = await room.run(anonymise)
  await successor.stop()
  await assert.rejects(transaction.commit(), /epoch|fenced/i)
  await killed.disconnect()
})
