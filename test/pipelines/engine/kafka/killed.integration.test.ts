import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
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
import { KafkaRoom } from '../../kafka-room.ts'

const KILLS = 5
const PLAYS_A_SEND = 100
const program = join(import.meta.dirname, '../../fixtures/run-and-die.ts')
const byUser = ({ userId }: Play) => userId

let room: KafkaRoom
before(async () => (room = await KafkaRoom.make({ partitions: 2 })))
after(() => room.remove())

test('killed anywhere in a transaction, five times, it loses nothing and doubles nothing', async (t) => {
  const sent: Play[] = []
  const send = async () => {
    const plays = disorderlyPlays(PLAYS_A_SEND, { from: sent.length })
    await room.send(topics.plays, plays, byUser)
    sent.push(...plays)
  }
  for (let kill = 0; kill < KILLS; kill++) {
    const dieAfter = 1 + Math.floor(Math.random() * 30)
    t.diagnostic(`kill ${kill + 1} after ${dieAfter} steps of transactions`)
    const { child, death } = await started(dieAfter)
    while (child.signalCode === null && child.exitCode === null) await send()
    assert.deepEqual(await death, [null, 'SIGKILL'])
  }

  const survivor = await started(0)
  t.after(() => survivor.child.kill('SIGKILL'))
  await room.caughtUp('anonymise', topics.plays)
  await room.send(topics.plays, closingPlays(), byUser)
  await room.caughtUp('anonymise', topics.plays)
  await room.caughtUp('listening-totals', topics.playsClean)
  await room.caughtUp('listening-totals', topics.playsByArtist)

  const clean = (await room.values(topics.playsClean)).filter((each) => !isClosing(each))
  assert.deepEqual(clean.map(({ eventId }) => eventId).sort(), sent.map(({ eventId }) => eventId).sort())
  assert.deepEqual(await room.values(topics.duplicatePlays), [])
  const closed = await room.values(topics.artistTotals)
  assert.deepEqual(doubled(closed), [])
  assert.deepEqual(writtenCounts({ closed, late: await room.values(topics.latePlays) }), sentCounts(sent))
})

/** A process that runs the topologies; it may die before it says that it is ready. */
async function started(dieAfter: number): Promise<{ child: ChildProcess; death: Promise<unknown[]> }> {
  const child = spawn(process.execPath, [program, JSON.stringify(room.address), String(dieAfter)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const death = once(child, 'exit')
  await Promise.race([once(child.stdout, 'data'), death])
  return { child, death }
}
