import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { topics } from '../../../../schemas/topics.ts'
import { AccountedPlays, settle } from '../../accounted-plays.ts'
import { KafkaRoom, roomTopologies } from '../../kafka-room.ts'
import { startProcess } from '../../process-of-topologies.ts'

const PLAYS_A_SEND = 100

let room: KafkaRoom
before(async () => (room = await KafkaRoom.make({ partitions: 2 })))
after(() => room.remove())

test('a process that was frozen for longer than its session wakes and doubles nothing', async (t) => {
  const plays = new AccountedPlays(room)
  const { child } = await startProcess(room.address, 0)
  t.after(() => child.kill('SIGKILL'))
  for (let sends = 0; sends < 5; sends++) await plays.send(PLAYS_A_SEND)
  child.kill('SIGSTOP')
  await plays.send(PLAYS_A_SEND)

  // Both are ready only once the group has given up the frozen one.
  const running = [
    await room.run(roomTopologies.anonymise),
    await room.run(roomTopologies['listening-totals']),
  ]
  await room.caughtUp('anonymise', topics.plays)
  child.kill('SIGCONT')
  for (let sends = 0; sends < 20; sends++) await plays.send(PLAYS_A_SEND)
  await settle(room)
  assert.deepEqual([child.exitCode, child.signalCode], [null, null])
  for (const each of running) await each.stop()
  await plays.assertConserved()
})
