import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { topics } from '../../../schemas/topics.ts'
import { ImportError } from '../../../sources/import/errors.ts'
import { ImportProducer } from '../../../sources/import/producer.ts'
import { rawPlay } from '../../kit/builders.ts'
import { type KafkaRoom, kafkaRoom } from '../kafka-room.ts'

let room: KafkaRoom
before(async () => {
  room = await kafkaRoom()
})
after(() => room.remove())

const plays = (count: number) => Array.from({ length: count }, () => rawPlay())

async function connected(listener: string): Promise<ImportProducer> {
  const producer = new ImportProducer({ ...room, importId: 'id', listener })
  await producer.connect()
  return producer
}

test('a later import of the listener shuts the earlier one out, and that one says what to do', async () => {
  const earlier = await connected('same')
  await earlier.send(plays(3), 0)
  const later = await connected('same')
  await assert.rejects(earlier.send(plays(3), 0), (error) => {
    assert.ok(error instanceof ImportError)
    assert.match(error.message, /another import of this listener has begun.*Run the import again/)
    return true
  })
  await later.send(plays(3), 0)
  await Promise.all([earlier.disconnect(), later.disconnect()])
  assert.equal((await room.records(topics.plays)).length, 6)
  assert.equal((await room.records(topics.importedPlays)).length, 2)
})

test('imports of different listeners do not disturb each other', async () => {
  const [one, two] = await Promise.all([connected('one'), connected('two')])
  await Promise.all([one.send(plays(2), 0), two.send(plays(2), 0)])
  await one.send(plays(2), 0)
  await Promise.all([one.disconnect(), two.disconnect()])
})

test('it says where the last play of a transaction lies', async () => {
  const producer = await connected('where')
  const userId = 'one partition'
  const sent = Array.from({ length: 5 }, () => rawPlay({ userId }))
  const { partition, offset } = await producer.send(sent, 0)
  await producer.disconnect()
  const found = (await room.records(topics.plays)).find(
    (each) => each.partition === partition && each.offset === offset,
  )
  assert.equal(room.codec.decode(topics.plays, found!.value).eventId, sent.at(-1)!.eventId)
})

test('plays of any size go, and none has a time of its own', async () => {
  const producer = await connected('large')
  const before = Date.now()
  const long = '\u{1F3B5}'.repeat(256)
  const sent = Array.from({ length: 700 }, () =>
    rawPlay({ userId: 'large', artistName: long, trackName: long, playedAt: Date.UTC(2009, 0) }),
  )
  await producer.send(sent, 0)
  await producer.disconnect()
  const found = (await room.records(topics.plays)).filter(({ key }) => key?.toString() === 'large')
  assert.equal(found.length, 700)
  for (const { timestamp } of found) assert.ok(timestamp >= before)
})
