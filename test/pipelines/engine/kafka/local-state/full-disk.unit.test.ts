import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { StateFile } from '../../../../../pipelines/engine/kafka/local-state/state-file.ts'

/** Of 512 bytes, or 1,024: less than what is to be written. */
const MOST_BLOCKS = 4_000
const KEYS_A_COMMIT = 500

/** Has a process commit that cannot write as much as it has to: as if the disk were full. */
async function commitOnFullDisk(t: TestContext, mode: 'memory' | 'disk') {
  const folder = mkdtempSync(join(tmpdir(), 'continuo-full-'))
  t.after(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  const program = join(import.meta.dirname, 'fixtures', 'full-disk.ts')
  const command = `ulimit -f ${MOST_BLOCKS}; exec "$@"`
  const child = spawn('sh', ['-c', command, 'sh', process.execPath, program, mode, folder], {
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 60_000,
  })
  const [told, exit] = await Promise.all([text(child.stdout), once(child, 'exit')])
  assert.deepEqual(exit, [0, null])
  return { folder, ...(JSON.parse(told) as { committed: number; told: string[] }) }
}

test('a table that cannot be written ends the task, says what to do, and has all that was committed before and nothing else', async (t) => {
  const { folder, committed, told } = await commitOnFullDisk(t, 'disk')
  assert.ok(committed > 0)
  assert.equal(told.length, 1)
  assert.match(told[0]!, /^what STATE_DIR has of topology:0 cannot be written: .*; make room on its disk/)
  const file = StateFile.open(folder)
  const pages = [...file.range({ start: ['page', 'texts'], end: ['page', 'texts', '\uffff'] })]
  assert.deepEqual([pages.length, file.entry('texts')?.records], Array(2).fill(KEYS_A_COMMIT * committed))
  await file.close()
})

test('a snapshot that cannot be written is given up, and nothing else is', async (t) => {
  const { told, committed } = await commitOnFullDisk(t, 'memory')
  assert.equal(committed, 60)
  assert.equal(told.length, 1)
  assert.match(told[0]!, /the snapshot of topology:0 is not written any more: (?!Commit failed)/)
})
