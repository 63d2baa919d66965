import assert from 'node:assert/strict'
import { execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { startStack } from '../../stack/index.ts'
import { livingChildren } from '../../stack/process/pid-files.ts'
import { until } from '../kit/until.ts'

async function parentOf(t: TestContext, ...only: string[]) {
  const dataDir = await mkdtemp(join(tmpdir(), 'continuo-orphans-'))
  t.after(() => rm(dataDir, { recursive: true }))
  const parent = fork(new URL('./start-in-child.ts', import.meta.url), [dataDir, ...only])
  await once(parent, 'message')
  return { dataDir, parent }
}

test('when the parent is killed, its services end too', async (t) => {
  const { dataDir, parent } = await parentOf(t, 'redis', 'clickhouse')
  assert.equal(livingChildren(dataDir).length, 2)
  parent.kill('SIGKILL')
  await until(() => livingChildren(dataDir).length === 0, { what: 'the services to end' })
})

test('when the guard is killed with it, the next start ends them', async (t) => {
  const { dataDir, parent } = await parentOf(t, 'redis')
  const [left] = livingChildren(dataDir)
  for (const guard of childrenOf(parent.pid).filter((pid) => pid !== left?.pid))
    process.kill(guard, 'SIGKILL')
  parent.kill('SIGKILL')
  await once(parent, 'exit')
  assert.deepEqual(livingChildren(dataDir), [left])

  const lines: string[] = []
  const stack = await startStack({
    dataDir,
    only: ['redis'],
    ports: { redis: 0 },
    progress: (line) => lines.push(line),
  })
  assert.equal(lines[0], 'Ended what an earlier start had left running: redis')
  assert.notEqual(stack.pid('redis'), left?.pid)
  await stack.stop()
  assert.deepEqual(livingChildren(dataDir), [])
})

function childrenOf(pid: number | undefined): number[] {
  return execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' })
    .trim()
    .split(/\s+/)
    .map(Number)
}
