import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { topologies } from '../../pipelines/topologies/index.ts'

const program = join(import.meta.dirname, '../../cli/main.ts')

/** `continuo topology …`, where there is no service and no key. */
function topology(...args: string[]) {
  const env = { PATH: process.env.PATH }
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(process.execPath, [program, 'topology', ...args], { env }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    )
  })
}

test('describe without a name lists every topology, from what it reads to what it writes', async () => {
  const { code, stdout } = await topology('describe')
  assert.equal(code, 0)
  assert.deepEqual(
    stdout.split('\n').map((line) => line.split(':')[0]),
    [...Object.keys(topologies), ''],
  )
  assert.match(
    stdout,
    /^anonymise: plays, reactions, preferences ──▶ plays-clean, duplicate-plays, reactions-clean, /m,
  )
})

test('each topology of the product is drawn, for the terminal and as Mermaid', async () => {
  for (const name of Object.keys(topologies)) {
    const [text, mermaid] = await Promise.all([
      topology('describe', name),
      topology('describe', name, '--mermaid'),
    ])
    assert.match(text.stdout, new RegExp(`^${name}: .*\\n\\nSub-topology 1\\n`))
    assert.match(mermaid.stdout, /^flowchart LR\n/)
  }
})

test('--out writes the same into a file, and says so', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'continuo-describe-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'anonymise.mmd')
  const saved = await topology('describe', 'anonymise', '--mermaid', '--out', file)
  assert.deepEqual(saved, { code: 0, stdout: '', stderr: `wrote ${file}\n` })
  const { stdout } = await topology('describe', 'anonymise', '--mermaid')
  assert.equal(await readFile(file, 'utf8'), stdout)
})

test('what cannot be done is told, with what to do', async () => {
  const unknown = await topology('describe', 'fly')
  assert.equal(unknown.code, 1)
  assert.match(unknown.stderr, /'fly' is invalid.*listening-totals.*`continuo new topology`/)
  const all = await topology('describe', '--mermaid')
  assert.equal(all.code, 1)
  assert.match(all.stderr, /^error: --mermaid draws one topology: name it \(.*listening-totals/)
  const nowhere = await topology('describe', 'anonymise', '--out', '/nowhere/at/all')
  assert.equal(nowhere.code, 1)
  assert.match(nowhere.stderr, /^error: \/nowhere\/at\/all cannot be written: ENOENT/)
})

test('the help teaches what the drawing means', async () => {
  const { stdout } = await topology('describe', '--help')
  assert.match(stdout, /A ● is an operator/)
  assert.match(stdout, /sub-topology/)
})
