import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

const projectRoot = join(import.meta.dirname, '../../..')

/** What of the project a new topology stands in: it is written into, imported, or tests it. */
const PARTS = [
  'package.json',
  'tsconfig.json',
  'cli',
  'schemas',
  'pipelines',
  'test/kit/builders.ts',
  'test/kit/model-plays.ts',
  'test/kit/until.ts',
  'test/schemas',
  'test/pipelines/topologies',
]

/** A copy of the project, as far as a new topology needs it, removed after the test. */
export async function projectCopy(t: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'continuo-new-topology-'))
  t.after(() => rm(root, { recursive: true, force: true }))
  for (const part of PARTS) await cp(join(projectRoot, part), join(root, part), { recursive: true })
  await symlink(join(projectRoot, 'node_modules'), join(root, 'node_modules'))
  const types = { extends: './tsconfig.json', include: ['schemas', 'pipelines', 'cli/new.ts', 'test'] }
  await writeFile(join(root, 'tsconfig.copy.json'), JSON.stringify(types))
  return root
}

/** Names of all files of a copy, and nothing of what it links to. */
export async function filesOf(root: string): Promise<string[]> {
  const files = await readdir(root, { recursive: true, withFileTypes: true })
  return files
    .filter((file) => file.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(root.length + 1))
}

/** Runs a script of Node in the copy. */
export function run(root: string, ...args: string[]) {
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const env = { ...process.env }
    // It tells a runner of tests that it is one of its own, which then reports to nobody.
    delete env.NODE_TEST_CONTEXT
    const child = execFile(process.execPath, args, { cwd: root, env }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    )
  })
}
