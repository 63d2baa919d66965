import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { storm } from './storm.ts'

/**
 * Without any one of these in the code it goes red: a publication that the hub hands on, the merge of what comes live while a client recovers, the new
 * epoch on a Redis that was restarted.
 */
test('gateways killed and drained, Redis torn, connections cut: each client has every message once, or is told', async (t) => {
  const seed = randomInt(1, 2 ** 31)
  t.diagnostic(`seed ${seed}`)
  const { figures, differences, first } = await storm({
    seed,
    clients: 60,
    processes: 1,
    drainMs: 300,
    nodesOnly: false,
    ticks: 40,
    gaps: { nodes: [18, 20], redis: [40, 50], clients: [12, 16] },
    progress: (line) => t.diagnostic(line),
  })
  for (const [what, figure] of figures) t.diagnostic(`${what}: ${figure}`)
  assert.deepEqual({ differences, first }, { differences: 0, first: [] })
})
