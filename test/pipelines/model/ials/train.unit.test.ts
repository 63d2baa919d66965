import assert from 'node:assert/strict'
import { test } from 'node:test'
import { train, trainingDefaults } from '../../../../pipelines/model/ials/train.ts'
import { interactionsOf } from '../../../../pipelines/model/interactions.ts'

const plays = interactionsOf(
  Array.from({ length: 40 }, (_, index) => ({
    listener: String(index % 7),
    artist: String(index % 11),
    plays: 1 + (index % 5),
  })),
)
const trained = (seed: number, threads = 1) =>
  train(plays, { ...trainingDefaults, factors: 3, sweeps: 2, seed, threads })

test('the same seed finds the same vectors, another one others; a sweep is told when it is done', async () => {
  assert.deepEqual(await trained(1), await trained(1))
  assert.notDeepEqual(await trained(1), await trained(2))
  const told: number[] = []
  await train(plays, { ...trainingDefaults, factors: 3, sweeps: 3, onSweep: (done) => told.push(done) })
  assert.deepEqual(told, [1, 2, 3])
})

test('in several threads it finds the very same vectors', async () => {
  assert.deepEqual(await trained(1, 3), await trained(1))
})

test('one listener of one artist is a model, too', async () => {
  const least = interactionsOf([{ listener: 'a', artist: 'b', plays: 1 }])
  const { listeners, artists } = await train(least, { ...trainingDefaults, factors: 3 })
  const score = listeners.values.reduce((sum, value, factor) => sum + value * artists.values[factor]!, 0)
  assert.ok(score > 0.5 && score < 1, String(score))
})
