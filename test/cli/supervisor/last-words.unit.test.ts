import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { lastWords } from '../../../cli/supervisor/last-words.ts'

const started = (pid: number) => JSON.stringify({ level: 30, pid, msg: 'starting' })
const crashed = (pid: number, message: string) => JSON.stringify({ level: 60, pid, err: { message } })

async function wordsOf(t: TestContext, pid: number, ...lines: string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'continuo-words-'))
  t.after(() => rm(folder, { recursive: true }))
  const logFile = join(folder, 'gateway.log')
  await writeFile(logFile, `${lines.join('\n')}\n`)
  return lastWords({ pid, logFile }).replace(logFile, 'its log')
}

test('a role that has crashed said why in its last fatal line', async (t) => {
  const words = await wordsOf(t, 2, started(1), crashed(1, 'before'), started(2), crashed(2, 'now'))
  assert.equal(words, '. It said: now; see its log')
})

test('one that its environment keeps from starting has said which variable', async (t) => {
  const words = await wordsOf(t, 2, started(2), 'continuo: ALLOWED_ORIGINS: "x" is not an origin')
  assert.equal(words, '. It said: ALLOWED_ORIGINS: "x" is not an origin; see its log')
})

test('what another one has said before is not its own', async (t) => {
  assert.equal(await wordsOf(t, 2, started(1), 'continuo: TOKEN_KEY', started(2)), '; see its log')
  assert.equal(await wordsOf(t, 2, started(1), 'continuo: TOKEN_KEY'), '; see its log')
})
