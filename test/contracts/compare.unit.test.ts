import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compare, differencesOf } from './compare.ts'

test('what is missing, superfluous, doubled or different is counted, each under its name, and the first are told', async () => {
  const wanted = new Map([
    ['a', '1'],
    ['b', '2'],
    ['c', '3'],
    ['d', '4'],
  ])
  const found = [
    ['a', '1'],
    ['b', '2'],
    ['b', '2'],
    ['c', '4'],
    ['e', '5'],
  ] as const
  const compared = await compare('letters', wanted, found)
  assert.deepEqual(compared, {
    what: 'letters',
    wanted: 4,
    found: 5,
    missing: 1,
    superfluous: 1,
    doubled: 1,
    different: 1,
    first: ['doubled: b: 2', 'different: c:\n  wanted 3\n  found  4', 'superfluous: e: 5'],
  })
  assert.equal(differencesOf(compared), 4)
})
