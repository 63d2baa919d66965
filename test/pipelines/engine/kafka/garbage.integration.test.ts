import { CompressionTypes } from 'kafkajs'
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { openDeadLetter } from '../../../../pipelines/engine/dead-letters.ts'
import { GivingBack } from '../../../../pipelines/engine/kafka/give-back.ts'
import { type DeadLetter, replayTopic } from '../../../../schemas/dead-letter.ts'
import { topics } from '../../../../schemas/topics.ts'
import { disorderlyPlays } from '../../conservation.ts'
import { installKafkajsCodecs } from '../../../kit/kafkajs-codecs.ts'
import { KafkaRoom, roomKeys, roomTopologies } from '../../kafka-room.ts'

/** The largest message that a broker takes unless told otherwise, less what the record around the value takes. */
const LARGEST_VALUE = 1_048_588 - 200

installKafkajsCodecs()

let room: KafkaRoom
before(async () => (room = await KafkaRoom.make({ partitions: 1 })))
after(() => room.remove())

test('garbage on plays is one dead letter each, with its reason, and the plays around it go through', async () => {
  const good = disorderlyPlays(4)
  const [first, second, third, fourth] = good.map((value) => room.codec.encode(topics.plays, value))
  const badTime = (year: number) =>
    room.codec.encode(topics.plays, {
      ...disorderlyPlays(1, { from: year })[0]!,
      playedAt: Date.UTC(year, 0, 1),
    })
  const random = Buffer.concat([Buffer.from([7]), randomBytes(100)])
  const garbage: [reason: string, value: Buffer | null][] = [
    ['not_wire_format', random],
    ['not_wire_format', Buffer.alloc(0)],
    ['unknown_schema_id', Buffer.from([0, 0x7f, 0xff, 0xff, 0xff, 1, 2])],
    ['unknown_schema_id', Buffer.from([0, 0xff, 0xff, 0xff, 0xff, 1, 2])],
    ['unknown_schema_id', Buffer.from([0, 0, 0, 0, 0])],
    ['malformed_avro', first!.subarray(0, -3)],
    ['null_value', null],
    ['played_at_in_future', badTime(2099)],
    ['played_at_before_streaming', badTime(1901)],
  ]
  const running = await room.run(roomTopologies.anonymise)
  await room.sendBytes(topics.plays, [{ value: first! }, { value: second! }])
  await room.sendBytes(
    topics.plays,
    garbage.map(([, value]) => ({ key: 'who', value, headers: { source: 'import:1' } })),
  )
  await room.sendBytes(topics.plays, [{ key: null, value: third! }, { value: fourth! }])
  await room.caughtUp('anonymise', topics.plays)
  await running.stop()

  assert.deepEqual(
    (await room.values(topics.playsClean)).map(({ eventId }) => eventId),
    good.map(({ eventId }) => eventId),
  )
  const letters = await room.values(topics.deadLetters)
  assert.deepEqual(
    letters.map(({ reason, offset, source }) => [reason, offset, source]),
    garbage.map(([reason], index) => [reason, index + 2, 'import:1']),
  )
  for (const [index, [, value]] of garbage.entries()) {
    const opened = openDeadLetter(roomKeys.deadLetterKey, letters[index]!)
    assert.deepEqual([opened.key?.toString(), opened.value], ['who', value])
  }
})

test('records at the size limit of the broker, which nothing makes smaller, are set aside whole, however many come at once, and given back', async () => {
  const before = (await room.values(topics.deadLetters)).length
  const large = Array.from({ length: 6 }, (_, index) =>
    Buffer.concat([Buffer.of(index), randomBytes(LARGEST_VALUE - 1)]),
  )
  for (const value of large) await room.sendBytes(topics.plays, [{ value }])
  const running = await room.run(roomTopologies.anonymise)
  await room.caughtUp('anonymise', topics.plays)
  await running.stop()

  const letters = (await room.values(topics.deadLetters)).slice(before)
  const values = letters.map((letter: DeadLetter) => openDeadLetter(roomKeys.deadLetterKey, letter).value)
  assert.deepEqual(
    values.map((value) => value?.equals(large[value[0]!]!)),
    large.map(() => true),
  )
  await room.codec.register(replayTopic('anonymise'))
  const giving = await GivingBack.begin({
    kafka: room.kafka,
    codec: room.codec,
    ...room.address,
    stage: 'anonymise',
  })
  for (const letter of letters) assert.equal(await giving.write([letter]), 1)
  await giving.close()
  const again = await room.run(roomTopologies.anonymise)
  await room.caughtUp('anonymise', replayTopic('anonymise'))
  await again.stop()
  const returned = (await room.values(topics.deadLetters)).slice(before + letters.length)
  assert.deepEqual(
    returned.map(({ id, attempt, reason }) => [id, attempt, reason]),
    letters.map(({ id, reason }) => [id, 1, reason]),
  )
})

test('plays with the longest texts go through, however many come at once', async () => {
  const long = '€'.repeat(512)
  const sent = disorderlyPlays(1_500, { from: 10_000 }).map((value) => ({
    ...value,
    trackId: long,
    trackName: long,
    artistId: long,
    artistName: long,
  }))
  for (let at = 0; at < sent.length; at += 100)
    await room.send(topics.plays, sent.slice(at, at + 100), () => 'who')
  const before = (await room.records(topics.playsClean)).length
  const running = await room.run(roomTopologies.anonymise)
  await room.caughtUp('anonymise', topics.plays)
  await running.stop()
  assert.equal((await room.records(topics.playsClean)).length, before + sent.length)
})

test('batches are read whatever they were compressed with, and what they hold much of is set aside byte for byte', async () => {
  const compressions = ['GZIP', 'Snappy', 'LZ4', 'ZSTD'] as const
  const plays = disorderlyPlays(compressions.length, { from: 5_000_000 })
  const before = await room.records(topics.playsClean)
  const letters = (await room.values(topics.deadLetters)).length
  for (const [index, compression] of compressions.entries())
    await room.sendBytes(
      topics.plays,
      [{ value: room.codec.encode(topics.plays, plays[index]!) }, { value: Buffer.alloc(5_000_000, 'x') }],
      CompressionTypes[compression],
    )
  const running = await room.run(roomTopologies.anonymise)
  await room.caughtUp('anonymise', topics.plays)
  await running.stop()
  assert.equal((await room.records(topics.playsClean)).length, before.length + plays.length)
  const large = Buffer.alloc(5_000_000, 'x')
  const found = (await room.values(topics.deadLetters)).slice(letters)
  assert.deepEqual(
    found.map((letter) => [
      letter.reason,
      openDeadLetter(roomKeys.deadLetterKey, letter).value?.equals(large),
    ]),
    compressions.map(() => ['not_wire_format', true]),
  )
})
