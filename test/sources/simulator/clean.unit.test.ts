import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drive } from '../../../pipelines/engine/testing/index.ts'
import { noDisorder, usualDisorder } from '../../../sources/simulator/index.ts'
import { Simulation } from '../../../sources/simulator/simulation.ts'
import { topics } from '../../../schemas/topics.ts'
import { roomTopologies } from '../../pipelines/kafka-room.ts'

const startAt = Date.UTC(2026, 0, 1, 12)

/** How many plays go on, and for what the others are set aside or dropped. */
async function sent(disorder: typeof noDisorder) {
  const simulation = new Simulation({ seed: 'clean', startAt, playsPerSecond: 50, disorder })
  const kafka = drive(roomTopologies.anonymise, { now: startAt + 600_000 })
  for (let i = 0; i < 1_500; i++)
    for (const { play } of simulation.next()) await kafka.send(topics.plays, play, { key: play.userId })
  return {
    clean: kafka.written(topics.playsClean).length,
    letters: kafka.written(topics.deadLetters).length,
  }
}

test('clean plays are all taken: nothing is set aside', async () => {
  assert.deepEqual(await sent(noDisorder), { clean: 1_500, letters: 0 })
})

test('of others those are set aside that are no plays', async () => {
  const { clean, letters } = await sent({ ...usualDisorder, malformed: 0.2 })
  assert.equal(clean > 1_000, true)
  assert.equal(letters > 0, true)
})
