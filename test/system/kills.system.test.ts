import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { expected, killUnderLoad } from '../kit/chaos.ts'
import { type System, startSystem } from '../kit/system.ts'

let system: System

before(async () => {
  system = await startSystem()
})
after(() => system.stop())

test('every play is counted once, whichever process is killed', async (t) => {
  const { sent, found } = await killUnderLoad(system, {
    victims: ['run', 'sinks', 'gateway', 'kafka', 'redis', 'clickhouse'],
    rate: 100,
    progress: (line) => t.diagnostic(line),
  })
  assert.deepEqual(found, expected(sent, found))
})
