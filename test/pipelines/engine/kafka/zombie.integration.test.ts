import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Play } from '../../../../schemas/events.ts'
import { topics } from '../../../../schemas/topics.ts'
import {
  closingPlays,
  disorderlyPlays,
  doubled,
  isClosing,
  sentCounts,
  writtenCounts,
} from '../../conservation.ts'
import { KafkaRoom, roomTopologies } from '../../kafka-room.ts'

const PLAYS_A_SEND = 100
const program = join(import.meta.dirname, '../../fixtures/run-and-die.ts')
const byUser = ({ userId }: Play) => userId

let room: KafkaRoom
before(async () => (room = await KafkaRoom.make({ partitions: 2 })))
after(() => room.remove())

test('a process that was frozen for longer than its session wakes and doubles nothing', async (t) => {
  const sent: Play[] = []
  const send = async () => {
    const plays = disorderlyPlays(PLAYS_A_SEND, { from: sent.length })
    await room.send(topics.plays, plays, byUser)
    sent.push(...plays)
  }
  const child = spawn(process.execPath, [program, JSON.stringify(room.address), '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  for (let sends = 0; sends < 5; sends++) await send()
  child.kill('SIGSTOP')
  await send()

  // Both are ready only once the group has given up the frozen one.
  const running = [
    await room.run(roomTopologies.anonymise),
    await room.run(roomTopologies['listening-totals']),
  ]
  await room.caughtUp('anonymise', topics.plays)
  child.kill('SIGCONT')
  for (let sends = 0; sends < 20; sends++) await send()
  await room.caughtUp('anonymise', topics.plays)
  await room.send(topics.plays, closingPlays(), byUser)
  await room.caughtUp('anonymise', topics.plays)
  await room.caughtUp('listening-totals', topics.playsClean)
  await room.caughtUp('listening-totals', topics.playsByArtist)
  assert.deepEqual([child.exitCode, child.signalCode], [null, null])
  for (const each of running) await each.stop()

  const clean = (await room.values(topics.playsClean)).filter((each) => !isClosing(each))
  assert.deepEqual(clean.map(({ eventId }) => eventId).sort(), sent.map(({ eventId }) => eventId).sort())
  assert.deepEqual(await room.values(topics.duplicatePlays), [])
  const closed = await room.values(topics.artistTotals)
  assert.deepEqual(doubled(closed), [])
  assert.deepEqual(writtenCounts({ closed, late: await room.values(topics.latePlays) }), sentCounts(sent))
})
