import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { topics } from '../../../schemas/topics.ts'
import { runCli } from '../../gateway/kit/cli.ts'
import { KafkaRoom, roomTopologies } from '../../pipelines/kafka-room.ts'

const PLAYS = 600

let room: KafkaRoom
before(async () => (room = await KafkaRoom.make({ partitions: 2 })))
after(() => room.remove())

/** What the door tells of the share that it sets aside, 0 to 1. */
async function ratio(): Promise<number> {
  await room.caughtUp('anonymise', topics.plays)
  const told = /^continuo_dead_letter_ratio\{stage="anonymise"\} (\S+)$/m.exec(await room.metrics.metrics())
  return Number(told![1])
}

test('of clean plays the share that is set aside is 0; with garbage between them it is not', async (t) => {
  const door = await room.run(roomTopologies.anonymise)
  const { topicPrefix: TOPIC_PREFIX, applicationId: APPLICATION_ID } = room.address
  const args = ['simulate', '--clean', '--count', String(PLAYS), '--rate', '2000']
  const { ended, stdout, stderr } = runCli(t, args, { TOPIC_PREFIX, APPLICATION_ID })
  assert.equal(await ended, 0, stderr())
  assert.equal((JSON.parse(stdout()) as { plays: number }).plays, PLAYS)
  assert.equal(await ratio(), 0)
  assert.equal((await room.records(topics.playsClean)).length, PLAYS)
  assert.equal((await room.records(topics.deadLetters)).length, 0)
  const garbage = Array.from({ length: 66 }, () => ({ key: 'who', value: Buffer.from('garbage') }))
  await room.sendBytes(topics.plays, garbage)
  assert.equal(await ratio(), 66 / (PLAYS + 66))
  await door.stop()
})
