import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'

/** A file that node:test runs in a process of its own, and the test files, as seen from the root, that it stands for. */
export interface Entry {
  path: string
  files: string[]
}

export interface Entries {
  entries: Entry[]
  /** Removes the entries that were written. */
  remove(): Promise<void>
}

/**
 * Lets `filesAProcess` neighbours share a process, each test file as a suite that bears its path. What they import is read once
 * instead of once a file, which costs more than most unit tests do.
 * @param files absolute paths
 */
export async function shareProcess(
  files: readonly string[],
  { root, filesAProcess }: { root: string; filesAProcess: number },
): Promise<Entries> {
  if (filesAProcess === 1) {
    return {
      entries: files.map((path) => ({ path, files: [relative(root, path)] })),
      remove: async () => {},
    }
  }
  const folder = await mkdtemp(join(tmpdir(), 'continuo-suites-'))
  const entries: Entry[] = []
  for (let start = 0; start < files.length; start += filesAProcess) {
    const shared = files.slice(start, start + filesAProcess)
    const path = join(folder, `${start}.mjs`)
    await writeFile(path, `import { suite } from 'node:test'\n${shared.map(asSuite).join('')}`)
    entries.push({ path, files: shared.map((file) => relative(root, file)) })
  }
  return { entries, remove: () => rm(folder, { recursive: true, force: true }) }

  function asSuite(file: string): string {
    const [name, url] = [relative(root, file), pathToFileURL(file).href].map((text) => JSON.stringify(text))
    return `suite(${name}, () => import(${url}))\n`
  }
}
