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
const trained = (seed: number) => train(plays, { ...trainingDefaults, factors: 3, sweeps: 2, seed })

test('the same seed finds the same vectors, another one others; a sweep is told when it is done', () => {
  assert.deepEqual(trained(1), trained(1))
  assert.notDeepEqual(trained(1), trained(2))
  const told: number[] = []
  train(plays, { ...trainingDefaults, factors: 3, sweeps: 3, onSweep: (done) => told.push(done) })
  assert.deepEqual(told, [1, 2, 3])
})

test('one listener of one artist is a model, too', () => {
  const least = interactionsOf([{ listener: 'a', artist: 'b', plays: 1 }])
  const { listeners, artists } = train(least, { ...trainingDefaults, factors: 3 })
  const score = listeners.values.reduce((sum, value, factor) => sum + value * artists.values[factor]!, 0)
  assert.ok(score > 0.5 && score < 1, String(score))
})
