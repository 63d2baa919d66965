import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { markRunInNode } from './coverage/from-node.ts'
import { markRunInPage } from './coverage/from-page.ts'
import { count, lcov, percent, tableOfMissed } from './coverage/report.ts'
import { sourceFiles } from './coverage/source-files.ts'

/** The share of lines of code that a full run must have run. */
const gate = 0.95

export interface Coverage {
  /**
   * For the environment of the tests. Every Node process that inherits NODE_V8_COVERAGE writes its coverage when it
   * exits; one that is killed by SIGKILL writes none.
   *
   * A browser test writes the coverage of its page into the folder CONTINUO_PAGE_COVERAGE, if that is set, as a JSON
   * file of any unique name ending in `.json`: the array that playwright's `page.coverage.stopJSCoverage()` returns
   * (`[{ url, source, functions }, …]`), of a bundle with an inline source map; if the map is a file of its own, its
   * parsed content goes into the entry as `sourceMap`.
   */
  env: { NODE_V8_COVERAGE: string; CONTINUO_PAGE_COVERAGE: string }
  /** Prints what did not run, writes coverage/lcov.info, and says whether the gate holds. */
  report(say: (line: string) => void): Promise<boolean>
  /** Removes what the processes wrote. */
  remove(): Promise<void>
}

/**
 * Collects line coverage over every process of a test run, browser included.
 * @param filters parts of paths: only source files that match one are counted; all of them without filters
 */
export async function collectCoverage(options: { root: string; filters: string[] }): Promise<Coverage> {
  const folder = await mkdtemp(join(tmpdir(), 'continuo-coverage-'))
  const env = { NODE_V8_COVERAGE: join(folder, 'node'), CONTINUO_PAGE_COVERAGE: join(folder, 'page') }
  for (const path of Object.values(env)) await mkdir(path)
  return {
    env,
    report: (say) => report({ ...options, env, say }),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

interface ReportOptions {
  root: string
  filters: string[]
  env: Coverage['env']
  say(line: string): void
}

async function report({ root, filters, env, say }: ReportOptions): Promise<boolean> {
  const all = sourceFiles(root)
  markRunInNode(all, { root, folder: env.NODE_V8_COVERAGE })
  markRunInPage(all, env.CONTINUO_PAGE_COVERAGE)
  await mkdir(join(root, 'coverage'), { recursive: true })
  await writeFile(join(root, 'coverage', 'lcov.info'), lcov(all))

  const files = all.filter(({ path }) => filters.length === 0 || filters.some((part) => path.includes(part)))
  const { lines, ran } = count(files)
  if (lines === 0) {
    say(`\ncoverage: no line of code in a source file that matches ${filters.join(', ') || 'the rooms'}`)
    return filters.length > 0
  }
  say('')
  for (const row of tableOfMissed(files)) say(row)
  const held = ran / lines >= gate
  say(
    `\n${percent(ran, lines)} of lines ran (${ran} of ${lines}), ${held ? 'at or above' : 'BELOW'} the ${gate * 100} % asked for`,
  )
  return held
}
