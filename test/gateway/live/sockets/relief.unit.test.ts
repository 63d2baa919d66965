import assert from 'node:assert/strict'
import { test } from 'node:test'
import { relieve } from '../../../../gateway/live/sockets/relief.ts'

/** Who is sent away, by their codes, of sockets for which so many bytes wait. */
function sentAway(waiting: readonly number[], maxBytes: number): [bytes: number, code: number][] {
  const closed: [number, number][] = []
  const owners = waiting.map((queuedBytes) => ({
    queuedBytes,
    close: ({ code }: { code: number }) => void closed.push([queuedBytes, code]),
  }))
  relieve(owners, maxBytes)
  return closed
}

test('nobody is sent away while no more waits for all together than allowed', () => {
  assert.deepEqual(sentAway([40, 0, 60], 100), [])
})

test('those for whom most waits are sent away, and no more of them than needed, with leave to return', () => {
  assert.deepEqual(sentAway([10, 70, 0, 30, 50], 100), [[70, 3008]])
  assert.deepEqual(sentAway([10, 70, 0, 30, 50], 40), [
    [70, 3008],
    [50, 3008],
  ])
})
