import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { until } from '../kit/until.ts'
import { runTests, smallProject, spawnRunner } from './small-project.ts'

const passing = `import { test } from 'node:test'\ntest('fine', () => {})\n`
const skipped = `import { test } from 'node:test'\ntest('without data', { skip: 'no data folder' }, () => {})\n`
const failing = `import { suite, test } from 'node:test'
suite('inner', () => { test('wrong', () => { throw new Error('no') }) })\n`

suite('the test runner', { concurrency: false }, () => {
  test('ends with a line of counts and succeeds when nothing failed', async (t) => {
    const root = await smallProject(t, { 'test/a.unit.test.ts': passing, 'test/sub/b.unit.test.ts': skipped })
    const { code, output } = await runTests(root, ['unit'])
    assert.match(output, /\n1 passed, 0 failed, 1 skipped\n$/)
    assert.equal(code, 0)
  })

  test('names a failed test with its place and what it said, and counts it once', async (t) => {
    const root = await smallProject(t, { 'test/a.unit.test.ts': passing, 'test/b.unit.test.ts': failing })
    const { code, output } = await runTests(root, ['unit'])
    assert.match(output, /\n {2}test\/b\.unit\.test\.ts:2 {2}wrong\n {6}no\n/)
    assert.match(output, /\n1 passed, 1 failed, 0 skipped\n$/)
    assert.equal(code, 1)
  })

  test('fails a file that crashes, and one that holds no test', async (t) => {
    const root = await smallProject(t, {
      'test/crash.unit.test.ts': `throw new Error('on load')\n`,
      'test/empty.unit.test.ts': `export {}\n`,
    })
    const { code, output } = await runTests(root, ['unit'])
    assert.match(output, /crash\.unit\.test\.ts:1\n/)
    assert.match(output, /empty\.unit\.test\.ts:1 {2}holds no test\n/)
    assert.match(output, /\n0 passed, 2 failed, 0 skipped\n$/)
    assert.equal(code, 1)
  })

  test('fails when it finds no test, and says which kind has none', async (t) => {
    const root = await smallProject(t, { 'test/a.unit.test.ts': passing })
    const combined = await runTests(root, ['unit', 'security'])
    assert.match(combined.output, /\nsecurity: no test\n/)
    assert.equal(combined.code, 0)
    const alone = await runTests(root, ['security'])
    assert.match(alone.output, /\n0 passed, 0 failed, 0 skipped\n$/)
    assert.equal(alone.code, 1)
  })

  test('runs only the files whose path contains a filter', async (t) => {
    const root = await smallProject(t, { 'test/a/x.unit.test.ts': passing, 'test/b/x.unit.test.ts': failing })
    const { code, output } = await runTests(root, ['unit', 'a/'])
    assert.match(output, /\n1 passed, 0 failed, 0 skipped\n$/)
    assert.equal(code, 0)
  })

  test('asks for a kind when none is named', async (t) => {
    const { code, output } = await runTests(await smallProject(t, {}), ['gateway'])
    assert.match(output, /at least one kind of tests: unit, integration, /)
    assert.equal(code, 2)
  })

  for (const [kind, passed] of [
    ['unit', 2],
    ['system', 3],
  ] as const)
    test(`of kind ${kind}: says in which test a file hung, and what did not run behind it`, async (t) => {
      const root = await smallProject(t, {
        [`test/a.${kind}.test.ts`]: passing,
        [`test/hung.${kind}.test.ts`]: `${passing}test('hangs', () => new Promise(() => setInterval(() => {}, 1000)))\n`,
        [`test/later.${kind}.test.ts`]: passing,
      })
      const { output } = await runTests(root, [kind, '--timeout', '0.05'])
      assert.match(output, new RegExp(`\n {2}test/hung\\.${kind}\\.test\\.ts:1 {2}timed out in: hangs\n`))
      // Those of a process of its own have nobody behind them.
      assert.equal(output.includes(`test/later.${kind}.test.ts:1  not run, since`), kind === 'unit')
      assert.match(output, new RegExp(`\n${passed} passed, ${kind === 'unit' ? 2 : 1} failed`))
    })

  test('says that all tests had ended where something is still open', async (t) => {
    const open = `${passing}test('leaves a timer', () => void setInterval(() => {}, 1000))\n`
    const root = await smallProject(t, { 'test/a.unit.test.ts': passing, 'test/open.unit.test.ts': open })
    const { output } = await runTests(root, ['unit', '--timeout', '0.05'])
    assert.match(
      output,
      /\n {2}test\/a\.unit\.test\.ts, test\/open\.unit\.test\.ts:1 {2}timed out: its tests have ended, but /,
    )
    assert.match(output, /\n3 passed, 1 failed, 0 skipped\n$/)
  })

  test('files that share a process keep their hooks to themselves', async (t) => {
    const hooked = `import assert from 'node:assert/strict'
import { before, beforeEach, test } from 'node:test'
let ready = 0
before(async () => { await new Promise(setImmediate); ready = 1 })
beforeEach(() => { ready++ })
test('is ready', () => { assert.equal(ready, 2) })\n`
    const root = await smallProject(t, { 'test/a.unit.test.ts': hooked, 'test/b.unit.test.ts': hooked })
    const { output } = await runTests(root, ['unit'])
    assert.match(output, /\n2 passed, 0 failed, 0 skipped\n$/)
  })

  test('fails with a count when the services cannot be brought up', async (t) => {
    const root = await smallProject(t, {
      'test/a.unit.test.ts': passing,
      'test/b.integration.test.ts': passing,
    })
    const { code, output } = await runTests(root, ['unit', 'integration'], { KAFKA_BROKERS: 'localhost:1' })
    assert.match(output, /\n {2}the run itself: Error: .*REDIS_URL/)
    assert.match(output, /\n1 passed, 1 failed, 0 skipped\n$/)
    assert.equal(code, 1)
  })

  test('ends what a test left behind', async (t) => {
    const leaving = `import { spawn } from 'node:child_process'
import { test } from 'node:test'
test('leaves a process', () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' })
  child.unref()
})\n`
    const root = await smallProject(t, {
      'test/a.unit.test.ts': leaving,
    })
    const { output } = await runTests(root, ['unit'])
    assert.match(output, /left behind by a test, ended now: .*setInterval/)
  })

  test('stops on SIGINT with what its tests started', async (t) => {
    const long = `import { writeFileSync } from 'node:fs'
import { test } from 'node:test'
test('takes long', () => new Promise(() => {
  writeFileSync(import.meta.dirname + '/pid', String(process.pid))
  setInterval(() => {}, 1000)
}))\n`
    const root = await smallProject(t, { 'test/a.unit.test.ts': long })
    const pidFile = join(root, 'test', 'pid')
    const runner = spawnRunner(root, ['unit'])
    const closed = new Promise((resolve) => runner.on('close', resolve))
    await until(() => existsSync(pidFile) && readFileSync(pidFile, 'utf8'), {
      what: 'the test to have started',
    })
    const pid = Number(readFileSync(pidFile, 'utf8'))
    runner.kill('SIGINT')
    assert.equal(await closed, 130)
    await until(() => !isRunning(pid), { what: 'the test process to be gone' })
  })
})

/** Ended is also who ended after its parent and now waits to be reaped. */
function isRunning(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}
