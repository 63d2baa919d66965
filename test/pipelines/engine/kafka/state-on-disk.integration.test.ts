import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { topics } from '../../../../schemas/topics.ts'
import { play } from '../../../kit/builders.ts'
import { until } from '../../../kit/until.ts'
import { KafkaRoom, roomTopologies } from '../../kafka-room.ts'

const [SENDS, PLAYS_A_SEND] = [4, 1_500]
const totals = roomTopologies['listening-totals']

test('a process that is stopped while it restores its state to disk ends in order', async (t) => {
  const stateDir = mkdtempSync(join(tmpdir(), 'continuo-state-'))
  const room = await KafkaRoom.make({ partitions: 1, stateDir, stateStore: 'disk' })
  t.after(async () => {
    await room.remove()
    rmSync(stateDir, { recursive: true, force: true })
  })
  for (let send = 0; send < SENDS; send += 1) {
    const plays = Array.from({ length: PLAYS_A_SEND }, (_, n) => play({ artistId: `a${send} ${n}` }))
    await room.send(topics.playsClean, plays, ({ listener }) => listener)
  }
  const first = await room.run(totals)
  await room.caughtUp(totals.name, topics.playsClean, topics.playsByArtist)
  await first.stop()
  rmSync(stateDir, { recursive: true })

  const crashed: unknown[] = []
  const running = await room.start(totals, (error) => crashed.push(error))
  const isAmid = () =>
    running.status().tasks.some(({ restored }) => restored !== undefined && restored.records < restored.of)
  await until(isAmid, { what: 'the restoration', every: 1, within: 30_000 })
  await running.stop()
  assert.deepEqual(crashed, [])
})
