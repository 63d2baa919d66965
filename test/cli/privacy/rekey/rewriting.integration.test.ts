import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { withAdmin } from '../../../../pipelines/engine/kafka/admin.ts'
import { groupIdOf } from '../../../../cli/privacy/rekey/plan.ts'
import { requireReadable } from '../../../../cli/privacy/rekey/readable.ts'
import { Rewriting } from '../../../../cli/privacy/rekey/rewriting.ts'
import { requireNoStrangers } from '../../../../cli/privacy/rekey/strangers.ts'
import { stoppedReaders } from '../../../../cli/privacy/rekey/standing.ts'
import { renameOf, subjectsIn } from '../../../../cli/privacy/rekey/subjects.ts'
import { committedOffsets, partitionEnds } from '../../../../pipelines/engine/kafka/offsets.ts'
import { partitionKey } from '../../../../pipelines/engine/raw-record.ts'
import { recommendationClickedV1 } from '../../../../schemas/events/recommendation-clicked.v1.ts'
import { pseudonyms } from '../../../../schemas/pseudonym.ts'
import { topics } from '../../../../schemas/topics.ts'
import { recommendationClicked } from '../../../kit/builders.ts'
import { KafkaRoom } from '../../../pipelines/kafka-room.ts'

const topic = topics.recommendationsClicked
const names = pseudonyms([Buffer.alloc(32, 2)])
const CLICKS = 30

let room: KafkaRoom
before(async () => (room = await KafkaRoom.make({ partitions: 12 })))
after(() => room.remove())

/** What a process of its own has: a codec that has read nothing yet. */
async function around() {
  const { codec, kafka, address } = await KafkaRoom.enter(room.address)
  const { topicPrefix, applicationId } = address
  const all = await withAdmin(kafka, (admin) => subjectsIn(admin, topicPrefix))
  const subjects = all.filter(({ name }) => name === room.nameOf(topic))
  const pushKey = { id: 'k1', bytes: Buffer.alloc(32) }
  return {
    codec,
    kafka,
    topicPrefix,
    applicationId,
    subjects,
    subject: subjects[0]!,
    epoch: 2,
    names,
    pushKey,
    leaveOut: false,
  }
}

/** Clicks of a version before, all of one listener: they are in one partition. */
async function clicks(count = CLICKS): Promise<void> {
  const { codec } = await KafkaRoom.enter(room.address)
  const older = { ...topic, value: recommendationClickedV1 }
  await codec.register(older)
  const messages = Array.from({ length: count }, (_, rank) => ({
    key: 'ada',
    value: codec.encode(older, recommendationClicked({ listener: 'ada', rank })),
  }))
  await room.sendBytes(topic, messages)
}

const reader = () => `${room.address.applicationId}.clickhouse-sink`

/** Has a reader that has read all, and has committed where it has found something. */
async function readAll(): Promise<void> {
  const ends = await partitionEnds(room.kafka, [room.nameOf(topic)])
  const partitions = [...ends].flatMap(([key, { high }]) =>
    high > 0n ? [{ partition: Number(key.split(':').at(-1)), offset: String(high) }] : [],
  )
  assert.equal(partitions.length, 1)
  await withAdmin(room.kafka, (admin) =>
    admin.setOffsets({ groupId: reader(), topic: room.nameOf(topic), partitions }),
  )
}

test('rows of a version before go under new names to where these hash, and who has read them does not read them again', async () => {
  await clicks()
  await readAll()
  const options = await around()
  const readers = await stoppedReaders(options)
  await requireReadable(await around())
  const rewriting = await Rewriting.begin(options)
  await rewriting.plan()
  const places = () => rewriting.places
  await requireNoStrangers(options.kafka, options.subjects, places())
  await rewriting.rewrite(options.subject, renameOf(options.subject, options), readers, () => undefined)
  await rewriting.moveReaders(options.subject, readers)
  await requireNoStrangers(options.kafka, options.subjects, places())
  await rewriting.close()

  const ends = new Map(rewriting.endsOf(options.subject).map((each) => [partitionKey(each), each.offset]))
  const written = (await room.records(topic)).filter((each) => each.offset >= ends.get(partitionKey(each))!)
  const value = ({ value: bytes }: (typeof written)[number]) => options.codec.decode(topic, bytes)
  assert.deepEqual(
    written.map((each) => value(each).rank),
    Array.from({ length: CLICKS }, (_, rank) => rank),
  )
  for (const each of written) {
    assert.equal(value(each).listener, names.listener('ada'))
    assert.equal(String(each.key), names.listener('ada'))
  }
  const at = await committedOffsets(room.kafka, reader(), [room.nameOf(topic)])
  for (const each of written) {
    const { offset } = at.get(partitionKey(each))!
    assert.ok(offset > each.offset, `it goes on at ${offset}, and reads ${each.offset} again`)
  }
})

test('what somebody writes behind a planned end is found, also behind what has been written anew, and after a kill', async () => {
  const options = { ...(await around()), epoch: 4 }
  const rewriting = await Rewriting.begin(options)
  await rewriting.plan()
  const message = /somebody has written 3 records to \S+recommendations-clicked since its end was planned/
  await clicks(3)
  const look = (places: Rewriting['places']) => requireNoStrangers(room.kafka, options.subjects, places)
  await assert.rejects(look(rewriting.places), { name: 'RekeyError', message })
  await rewriting.rewrite(options.subject, renameOf(options.subject, options), [], () => undefined)
  await rewriting.close()
  const again = await Rewriting.begin(options)
  await again.goOn()
  await assert.rejects(look(again.places), { name: 'RekeyError', message })
  await again.close()
})

test('who has begun before writes nothing any more: no plan, nothing beside, and is told why', async () => {
  const options = { ...(await around()), epoch: 5 }
  const [one, other] = [await Rewriting.begin(options), await Rewriting.begin(options)]
  await other.plan()
  await clicks(1)
  const refused = { name: 'RekeyError', message: /another rekey has begun/ }
  await assert.rejects(one.plan(), refused)
  await assert.rejects(one.requireOurs(), refused)
  await assert.rejects(one.write({ topic: room.nameOf(topic), messages: [{ value: null }] }), refused)
  await one.close()
  await other.requireOurs()
  const planned = new Map([...other.places].map(([key, { end }]) => [key, end]))
  await other.goOn()
  assert.deepEqual(new Map([...other.places].map(([key, { end }]) => [key, end])), planned)
  await other.close()
})

test('of a plan that Kafka has forgotten nothing is done; before anything is pending it is made anew', async () => {
  const options = { ...(await around()), epoch: 3 }
  const rewriting = await Rewriting.begin(options)
  await rewriting.plan()
  await clicks()
  await rewriting.plan()
  await rewriting.goOn()
  const { high } = [...(await partitionEnds(room.kafka, [room.nameOf(topic)])).values()].find(
    (each) => each.high >= 2n * BigInt(CLICKS),
  )!
  assert.ok(rewriting.endsOf(options.subject).some(({ offset }) => offset === high))
  await withAdmin(room.kafka, (admin) => admin.deleteGroups([groupIdOf(options)]))
  await assert.rejects(rewriting.goOn(), { name: 'RekeyError', message: /has forgotten how far epoch 3/ })
  await rewriting.close()
})
