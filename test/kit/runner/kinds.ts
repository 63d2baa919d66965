import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** How the test files of one kind are run. */
export interface Kind {
  /** Whether Kafka, the schema registry, Redis and ClickHouse must be up. */
  needsServices: boolean
  /** Files at a time, for two cores; more where services, sessions and time-outs are waited for. */
  concurrency: number
  /** Test files that share a process; those that use services have one of their own. */
  filesAProcess: number
  /** Minutes after which a process that is still running has failed. */
  timeout: number
}

/** The kinds of tests; a file `<name>.<kind>.test.ts` says in its name which it is. A new kind is a line here. */
export const kinds = {
  unit: { needsServices: false, concurrency: 2, filesAProcess: 8, timeout: 5 },
  integration: { needsServices: true, concurrency: 4, filesAProcess: 1, timeout: 6 },
  system: { needsServices: false, concurrency: 2, filesAProcess: 1, timeout: 6 },
  security: { needsServices: true, concurrency: 2, filesAProcess: 1, timeout: 5 },
} as const satisfies Record<string, Kind>

export type KindName = keyof typeof kinds

/** Narrows a word of the command line to a kind. */
export function isKind(word: string): word is KindName {
  return Object.hasOwn(kinds, word)
}

/**
 * The test files of a kind below `root`/test, in alphabetical order.
 * @param filters parts of paths; a file is chosen if its path, seen from `root`, contains any of them
 */
export function testFiles(root: string, kind: KindName, filters: readonly string[]): string[] {
  const folder = join(root, 'test')
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => `test/${path}`)
    .filter((path) => path.endsWith(`.${kind}.test.ts`))
    .filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter)))
    .sort()
    .map((path) => join(root, path))
}
