import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { topics } from '../../../../schemas/topics.ts'
import { byUser, settle } from '../../accounted-plays.ts'
import { disorderlyPlays, doubled, isClosing, sentCounts, writtenCounts } from '../../conservation.ts'
import { KafkaRoom, roomKeys, roomTopologies } from '../../kafka-room.ts'

const PLAYS = 3_000

let room: KafkaRoom
before(async () => (room = await KafkaRoom.make({ partitions: 3 })))
after(() => room.remove())

test('every play is clean once, and in exactly one closed window or late', async () => {
  const running = [
    await room.run(roomTopologies.anonymise),
    await room.run(roomTopologies['listening-totals']),
  ]
  const sent = disorderlyPlays(PLAYS)
  await room.send(topics.plays, sent, byUser)
  await room.send(topics.plays, sent.slice(0, 50), byUser)
  await settle(room)
  for (const each of running) await each.stop()

  const clean = (await room.values(topics.playsClean)).filter((each) => !isClosing(each))
  assert.equal(clean.length, PLAYS)
  assert.equal((await room.values(topics.duplicatePlays)).length, 50)
  assert.deepEqual(
    new Set(clean.map(({ listener }) => listener)),
    new Set(sent.map(({ userId }) => roomKeys.pseudonyms.listener(userId))),
  )

  const closed = await room.values(topics.artistTotals)
  const late = await room.values(topics.latePlays)
  assert.deepEqual(writtenCounts({ closed, late }), sentCounts(sent))
  assert.deepEqual(doubled(closed), [])
  assert.ok(late.length > 0, 'the test has no late plays: it shows nothing of them')
})

test('a clean play lies on the partition number of its raw play', async () => {
  const partitionsOf = async (topic: typeof topics.plays | typeof topics.playsClean) => {
    const records = await room.records(topic)
    await room.codec.load(records.map(({ value }) => value))
    return new Map(
      records.map(({ value, partition }) => [
        room.codec.decode<{ eventId: string }>(topic, value).eventId,
        partition,
      ]),
    )
  }
  const [raw, clean] = [await partitionsOf(topics.plays), await partitionsOf(topics.playsClean)]
  assert.ok(new Set(raw.values()).size > 1)
  for (const [eventId, partition] of clean) assert.equal(partition, raw.get(eventId))
})

test('started again, it goes on where it stood: nothing is read twice', async () => {
  const before = (await room.values(topics.playsClean)).length
  const running = await room.run(roomTopologies.anonymise)
  const [again] = disorderlyPlays(1)
  const [fresh] = disorderlyPlays(1, { from: PLAYS })
  await room.send(topics.plays, [again!, fresh!], ({ userId }) => userId)
  await room.caughtUp('anonymise', topics.plays)
  await running.stop()
  assert.equal((await room.values(topics.playsClean)).length, before + 1)
  assert.equal((await room.values(topics.duplicatePlays)).length, 51)
})
