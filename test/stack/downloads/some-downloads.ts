import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Downloads } from '../../../stack/downloads/cache.ts'

export interface SomeDownloads extends Downloads {
  /** The progress lines so far. */
  lines: string[]
  /** Puts a shell script on the PATH, which holds nothing else but the machine's basic commands. */
  program(name: string, script: string): Promise<string>
}

/** Downloads into an empty cache, with a PATH that has only the programs that the test puts there. */
export async function someDownloads(t: TestContext): Promise<SomeDownloads> {
  const root = await mkdtemp(join(tmpdir(), 'continuo-downloads-'))
  t.after(() => rm(root, { recursive: true }))
  const bin = join(root, 'bin')
  await mkdir(bin)
  const lines: string[] = []
  return {
    folder: join(root, 'cache'),
    env: { PATH: bin },
    signal: new AbortController().signal,
    progress: (line) => lines.push(line),
    lines,
    async program(name, script) {
      const file = join(bin, name)
      await writeFile(file, `#!/bin/sh\nPATH=/usr/bin:/bin\n${script}\n`)
      await chmod(file, 0o755)
      return file
    },
  }
}
