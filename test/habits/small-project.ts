import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'

/** The root of the real project. */
export const projectRoot = join(import.meta.dirname, '..', '..')

/** Writes a project of a few files into a temporary folder, removed after the test. */
export async function smallProject(t: TestContext, files: Record<string, string>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'continuo-habits-'))
  t.after(() => rm(root, { recursive: true, force: true }))
  const all = { 'package.json': '{ "type": "module" }', ...files }
  for (const [path, text] of Object.entries(all)) {
    await mkdir(join(root, dirname(path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
  return root
}

interface Run {
  code: number | null
  output: string
}

/** Runs the real test runner on a small project, as a user would. */
export async function runTests(root: string, words: string[], env: NodeJS.ProcessEnv = {}): Promise<Run> {
  const child = spawnRunner(root, words, env)
  let output = ''
  child.stdout.on('data', (text) => (output += String(text)))
  child.stderr.on('data', (text) => (output += String(text)))
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, output }
}

/** Starts the real test runner on a small project, in an environment that knows nothing of this run. */
export function spawnRunner(root: string, words: string[], env: NodeJS.ProcessEnv = {}) {
  const runner = join(projectRoot, 'test', 'run.ts')
  return spawn(process.execPath, [runner, ...words, '--root', root], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}
