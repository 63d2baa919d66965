import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'

const KEYS = 120_000
/** What V8 may have; the values alone are 36 MB of text, and their objects and keys as much again. */
const HEAP_MB = 48

async function count(...folder: string[]): Promise<{ code: number | null; told: string }> {
  const program = join(import.meta.dirname, 'fixtures', 'many-keys.ts')
  const child = spawn(
    process.execPath,
    [`--max-old-space-size=${HEAP_MB}`, program, String(KEYS), ...folder],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  )
  const [told, [code]] = (await Promise.all([text(child.stdout), once(child, 'exit')])) as [
    string,
    [number | null],
  ]
  return { code, told }
}

test('state that does not fit into memory is at work on disk', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'continuo-larger-'))
  t.after(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  assert.deepEqual(await count(folder), { code: 0, told: `${KEYS} ${KEYS}\n` })
  assert.notEqual((await count()).code, 0, 'it fits into memory: the test shows nothing')
})
