import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const projectRoot = join(import.meta.dirname, '../..')
const call = promisify(execFile)

export interface Installed {
  /** An empty project with the package in its node_modules. */
  root: string
  /** What is in the tarball, seen from the package. */
  files: string[]
  remove(): Promise<void>
}

/**
 * Packs the project as `npm publish` would, and installs it in an empty folder without a network: the tarball unpacked, and
 * beside it the dependencies that its package.json names, those of the project. No tool of development is in reach.
 */
export async function installPacked(): Promise<Installed> {
  const root = await mkdtemp(join(tmpdir(), 'continuo-package-'))
  const { stdout } = await call('npm', ['pack', '--silent', '--pack-destination', root], { cwd: projectRoot })
  const tarball = join(root, stdout.trim().split('\n').at(-1) ?? '')
  const home = join(root, 'node_modules/continuo')
  await mkdir(home, { recursive: true })
  await call('tar', ['-xzf', tarball, '-C', home, '--strip-components=1'])
  const listed = await call('tar', ['-tzf', tarball])
  const { dependencies } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
  }
  for (const name of Object.keys(dependencies)) {
    await mkdir(dirname(join(root, 'node_modules', name)), { recursive: true })
    await symlink(join(projectRoot, 'node_modules', name), join(root, 'node_modules', name))
  }
  return {
    root,
    files: listed.stdout
      .trim()
      .split('\n')
      .map((path) => path.replace(/^package\//, '')),
    remove: () => rm(root, { recursive: true, force: true }),
  }
}

/** Runs a script of Node in the folder; its output with its errors. */
export function run(root: string, ...args: string[]) {
  return new Promise<{ code: number; output: string }>((resolve) => {
    const child = execFile(process.execPath, args, { cwd: root }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, output: stdout + stderr }),
    )
  })
}
