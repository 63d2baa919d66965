import assert from 'node:assert/strict'
import { test } from 'node:test'
import { replay } from './replay.ts'

test('a replay of partitions that drain unevenly, killed midway: late is exactly what was late at its source', async (t) => {
  const { wanted, found, doubled } = await replay({
    plays: 40_000,
    kills: 2,
    seed: 1,
    progress: (line) => t.diagnostic(line),
  })
  assert.ok(wanted.late.size > 5)
  assert.deepEqual(found, wanted)
  assert.equal(doubled, 0)
})
