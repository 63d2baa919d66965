import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { relative } from 'node:path'
import type { EventData } from 'node:test'
import type { Kind } from './kinds.ts'

/** What became of the tests of a run; `failures` names each failed one with its place. */
export interface Outcome {
  passed: number
  failed: number
  skipped: number
  failures: string[]
}

/**
 * Runs each test file in a process of its own and prints the results as they come.
 * @param files absolute paths
 * @param root where the paths of failures are seen from
 * @param signal ends the test processes when aborted; what has not run by then has failed
 */
export async function runFiles(
  files: string[],
  { concurrency, timeout }: Kind,
  { root, signal }: { root: string; signal: AbortSignal },
): Promise<Outcome> {
  const outcome: Outcome = { passed: 0, failed: 0, skipped: 0, failures: [] }
  const events = run({ files, concurrency, timeout: timeout * 60_000, signal })
  events.on('test:pass', (test) => {
    if (test.details.type === 'suite') return
    if (test.name === test.file) fail(test, 'holds no test')
    else if (test.skip !== undefined || test.todo !== undefined) outcome.skipped++
    else outcome.passed++
  })
  events.on('test:fail', (test) => {
    if (failedByItsSubtests(test)) return
    if (test.todo === undefined) fail(test)
    else outcome.skipped++
  })
  for await (const text of events.compose(new spec()) as AsyncIterable<string>) process.stdout.write(text)
  return outcome

  function fail(test: EventData.TestPass | EventData.TestFail, what = ''): void {
    const file = relative(root, test.file ?? '')
    const name = test.name === test.file ? '' : `  ${test.name}`
    outcome.failed++
    outcome.failures.push(`${file}:${test.line ?? 1}${name}${what && `  ${what}`}`)
  }
}

/** The subtests have been counted; their parent would count them a second time. */
function failedByItsSubtests(test: EventData.TestFail): boolean {
  const { error } = test.details
  return 'failureType' in error && error.failureType === 'subtestsFailed'
}
