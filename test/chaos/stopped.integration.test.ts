import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { commandLine, processesWith } from '../kit/runner/leftovers.ts'
import { until } from '../kit/until.ts'

test('a storm of gateways that is told to stop leaves no process behind', async (t) => {
  const [variable, value] = ['STORM_OF_TEST', randomUUID()]
  const running = () => processesWith(variable, value)
  t.after(() => running().forEach((pid) => process.kill(pid, 'SIGKILL')))
  const storm = spawn(process.execPath, [join(import.meta.dirname, 'run.ts'), 'gateway', '1', '2'], {
    env: { ...process.env, NODE_V8_COVERAGE: undefined, [variable]: value },
    stdio: 'ignore',
  })
  const ended = once(storm, 'exit')
  const gateways = () => running().filter((pid) => commandLine(pid).endsWith('main.ts gateway'))
  await until(() => gateways().length === 3, { what: 'three gateways', within: 30_000 })
  storm.kill('SIGTERM')
  assert.deepEqual(await ended, [130, null])
  await until(() => running().length === 0, { what: 'all processes to end' })
})
