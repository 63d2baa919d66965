import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EpochInUse, epochMessage } from '../../../cli/privacy/epoch-in-kafka.ts'

const saying = (...epochs: number[]) => {
  const inUse = new EpochInUse()
  for (const epoch of epochs) inUse.take('epoch', epochMessage({ epoch }).value as never)
  return inUse
}

test('pseudonyms of another epoch than the last that was written down are refused, with the remedy', () => {
  const message = /of epoch 1, and all others of epoch 2: name the key ring of now.*unset PSEUDONYM_KEY/
  assert.throws(() => saying(1, 2).require(1), { name: 'ConfigError', message })
  saying(1, 2).require(2)
  assert.throws(() => saying(2, 1).require(2), /of epoch 2, and all others of epoch 1/)
})

test('while an epoch is pending nothing is right, with the remedy; once it is settled, who makes no pseudonyms goes by any', () => {
  const inUse = saying(1)
  inUse.take('epoch', epochMessage({ epoch: 2, pending: true }).value as never)
  const message = /^epoch 2 of pseudonyms is pending, as `continuo privacy rekey` has not ended: run it again/
  for (const ours of [1, 2, undefined])
    assert.throws(() => inUse.require(ours), { name: 'ConfigError', message })
  inUse.take('epoch', epochMessage({ epoch: 2 }).value as never)
  inUse.require(2)
  inUse.require(undefined)
})

test('where no epoch has been written down any is right', () => {
  saying().require(1)
  saying().require(2)
})
