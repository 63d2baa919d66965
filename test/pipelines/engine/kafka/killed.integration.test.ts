import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { AccountedPlays, settle } from '../../accounted-plays.ts'
import { KafkaRoom } from '../../kafka-room.ts'
import { startProcess } from '../../process-of-topologies.ts'

const KILLS = 5
const PLAYS_A_SEND = 100

let room: KafkaRoom
before(async () => (room = await KafkaRoom.make({ partitions: 2 })))
after(() => room.remove())

test('killed anywhere in a transaction, five times, it loses nothing and doubles nothing', async (t) => {
  const plays = new AccountedPlays(room)
  for (let kill = 0; kill < KILLS; kill++) {
    const dieAfter = 1 + Math.floor(Math.random() * 30)
    t.diagnostic(`kill ${kill + 1} after ${dieAfter} steps of transactions`)
    const { child, death } = await startProcess(room.address, dieAfter)
    while (child.signalCode === null && child.exitCode === null) await plays.send(PLAYS_A_SEND)
    assert.deepEqual(await death, [null, 'SIGKILL'])
  }

  const survivor = await startProcess(room.address, 0)
  t.after(() => survivor.child.kill('SIGKILL'))
  await settle(room)
  await plays.assertConserved()
})
