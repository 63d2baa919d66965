import assert from 'node:assert/strict'
import { constants } from 'node:os'
import { test } from 'node:test'
import { roleProcess } from './role-process.ts'
import { until } from './until.ts'

/** Has a process strike itself before it does anything. */
const strikes = (signal: NodeJS.Signals) => ({
  NODE_OPTIONS: `--import=data:text/javascript,process.kill(process.pid,${constants.signals[signal]})`,
})

test('a role that a signal ends has ended by itself, unless it was killed', async () => {
  const crashed = await roleProcess(['gateway'], strikes('SIGSEGV'))
  await until(() => crashed.ended, { what: 'the crash' })
  const frozen = await roleProcess(['gateway'], strikes('SIGSTOP'))
  await frozen.kill()
  assert.equal(frozen.ended, false)
})
