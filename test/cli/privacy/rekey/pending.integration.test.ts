import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, after, before, test } from 'node:test'
import { loadConfig } from '../../../../cli/config.ts'
import { epochInKafka, epochMessage, requireEpoch } from '../../../../cli/privacy/epoch-in-kafka.ts'
import { pendingIn, settled, wrapped } from '../../../../cli/privacy/key-ring.ts'
import { localWrapper } from '../../../../cli/privacy/key-wrapper.ts'
import { isUnsaid } from '../../../../cli/privacy/rekey/last-word.ts'
import { groupIdOf } from '../../../../cli/privacy/rekey/plan.ts'
import {
  makePending,
  requireUnchanged,
  settle,
  takeBack,
  tellAll,
  tellBegun,
} from '../../../../cli/privacy/rekey/pending.ts'
import { Rewriting } from '../../../../cli/privacy/rekey/rewriting.ts'
import { readRing, replaceRing } from '../../../../cli/privacy/ring-file.ts'
import { withAdmin } from '../../../../pipelines/engine/kafka/admin.ts'
import { topics } from '../../../../schemas/topics.ts'
import { roleProcess } from '../../../kit/role-process.ts'
import { until } from '../../../kit/until.ts'
import { KafkaRoom } from '../../../pipelines/kafka-room.ts'

const bytes = Buffer.alloc(32, 1)

let room: KafkaRoom
before(async () => (room = await KafkaRoom.make({ partitions: 1 })))
after(() => room.remove())

/** A ring of one epoch, of which Kafka tells what it tells in the beginning. */
async function place(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'continuo-pending-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'ring.json')
  replaceRing(file, undefined, { epochs: [await wrapped(1, bytes, localWrapper({ id: 'w1', bytes }))] })
  const { topicPrefix, applicationId } = room.address
  const config = loadConfig({
    ...process.env,
    TOPIC_PREFIX: topicPrefix,
    WRAPPING_KEYS: `w1=${bytes.toString('base64')}`,
  })
  const around = {
    config,
    file,
    ring: readRing(file),
    kafka: room.kafka,
    codec: room.codec,
    epoch: 2,
    topicPrefix,
    applicationId,
    subjects: [],
  }
  await epochInKafka.write(around, [epochMessage({ epoch: 1 })])
  return around
}

/** What a command has read that is started now. */
const startedNow = (around: Awaited<ReturnType<typeof place>>) => ({ ...around, ring: readRing(around.file) })

const meanwhile = { name: 'RekeyError', message: /another rekey has begun or ended meanwhile/ }

test('who has read the ring before another rekey began, or ended, makes nothing pending', async (t) => {
  const around = await place(t)
  const [one, other] = [around, startedNow(around)]
  const ring = await makePending(one, undefined)
  await assert.rejects(requireUnchanged(other), meanwhile)
  await assert.rejects(makePending(other, undefined), meanwhile)
  replaceRing(one.file, ring, settled(ring))
  await assert.rejects(makePending(other, undefined), meanwhile)
  assert.equal(readRing(one.file).epochs.length, 2)
})

test('what is pending can be taken back, in the ring and for all who look, but not by who has been overtaken', async (t) => {
  const around = await place(t)
  const writer = await Rewriting.begin(around)
  const ring = await makePending(around, undefined)
  await tellAll(around, writer)
  await assert.rejects(requireEpoch(around, 1), { name: 'ConfigError' })
  const overtaking = await Rewriting.begin(around)
  await assert.rejects(takeBack(around, ring, writer), {
    name: 'RekeyError',
    message: /another rekey has begun/,
  })
  assert.deepEqual(readRing(around.file), ring)
  await takeBack(around, ring, overtaking)
  assert.deepEqual(readRing(around.file), around.ring)
  await requireEpoch(around, 1)
  await Promise.all([writer.close(), overtaking.close()])
})

test('a rekey is known not to have said its last word, killed wherever behind the last row', async (t) => {
  const around = await place(t)
  const writer = await Rewriting.begin(around)
  const isUnsaidNow = () => isUnsaid(startedNow(around))
  assert.equal(await isUnsaidNow(), false)
  await writer.plan()
  const ring = await makePending(around, undefined)
  assert.equal(await isUnsaidNow(), false)
  await tellAll(around, writer)
  await tellBegun(around, writer)
  assert.equal(await isUnsaidNow(), false)
  replaceRing(around.file, ring, settled(ring))
  assert.equal(await isUnsaidNow(), true)
  await settle(around, settled(ring), writer)
  const [groupId, topic] = [groupIdOf(around), room.nameOf(topics.plays)]
  await withAdmin(room.kafka, async (admin) => {
    await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '0' }] })
    assert.equal(await isUnsaidNow(), true)
    await admin.deleteGroups([groupId])
  })
  assert.equal(await isUnsaidNow(), false)
  await writer.close()
})

test('a ring that is not the one that Kafka tells of is refused', async (t) => {
  const around = await place(t)
  const ring = await makePending(around, undefined)
  for (const said of [{ epoch: 1 }, { epoch: 2, pending: true }]) {
    await epochInKafka.write(around, [epochMessage(said)])
    await requireUnchanged({ ...around, ring })
  }
  const copy = join(around.file, '../copy.json')
  replaceRing(copy, undefined, around.ring)
  const stale = { ...around, file: copy }
  const message = /copy.json is not the key ring of now: its epoch in use is 1, and Kafka tells of epoch 2/
  await assert.rejects(requireUnchanged(stale), { name: 'RekeyError', message })
  await epochInKafka.write(around, [epochMessage({ epoch: 2 })])
  await assert.rejects(requireUnchanged(stale), { name: 'RekeyError', message })
  await assert.rejects(requireUnchanged({ ...around, ring }), /its epoch in use is 1, with 2 pending, and/)
  assert.equal(pendingIn(readRing(around.file))?.epoch, 2)
})

test('while Kafka tells of a pending epoch nothing starts, gives back or is reset, with whatever ring, and what runs ends', async (t) => {
  const around = await place(t)
  const key = bytes.toString('base64')
  const keys = { PSEUDONYM_KEYS: '', PSEUDONYM_KEY: key, DEAD_LETTER_KEY: key }
  const { topicPrefix: TOPIC_PREFIX, applicationId: APPLICATION_ID } = room.address
  const start = async (...args: string[]) => {
    const role = await roleProcess(args, { ...keys, TOPIC_PREFIX, APPLICATION_ID })
    t.after(() => role.kill())
    return role
  }
  const refused = async (role: Awaited<ReturnType<typeof start>>, what: string) => {
    await until(() => role.ended, { what: `${what} to end`, within: 60_000 })
    assert.match(role.output, /epoch 2 of pseudonyms is pending, as `continuo privacy rekey` has not ended/)
  }
  const running = await start('trainer')
  await until(() => running.output.includes('"started"'), { what: 'it to run', within: 60_000 })
  await epochInKafka.write(around, [epochMessage({ epoch: 2, pending: true })])
  await refused(running, 'what runs')
  const all = [
    ['sinks'],
    ['simulate', '--count', '1'],
    ['dlq', 'replay'],
    ['reset', 'listening-totals', '--yes'],
  ]
  await Promise.all(all.map(async (args) => refused(await start(...args), args.join(' '))))
})
