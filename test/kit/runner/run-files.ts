import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { relative } from 'node:path'
import type { EventData, TestsStream } from 'node:test'
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
  const inProgress = namesInProgress(events)
  events.on('test:pass', (test) => {
    if (test.details.type === 'suite') return
    if (test.name === test.file) fail(test, 'holds no test')
    else if (test.skip !== undefined || test.todo !== undefined) outcome.skipped++
    else outcome.passed++
  })
  events.on('test:fail', (test) => {
    // The subtests have been counted; their parent would count them a second time.
    if (failureType(test) === 'subtestsFailed') return
    if (failureType(test) === 'testTimeoutFailure' && test.name === test.file) fail(test, hungIn(test.file))
    else if (test.todo === undefined) fail(test)
    else outcome.skipped++
  })
  for await (const text of events.compose(new spec()) as AsyncIterable<string>) process.stdout.write(text)
  return outcome

  function hungIn(file: string): string {
    const names = [...(inProgress.get(file) ?? [])]
    return names.length > 0
      ? `timed out in: ${names.join(', ')}`
      : 'timed out: its tests have ended, but something that they opened is still open'
  }

  function fail(test: EventData.TestPass | EventData.TestFail, what = ''): void {
    const file = relative(root, test.file ?? '')
    const name = test.name === test.file ? '' : `  ${test.name}`
    outcome.failed++
    outcome.failures.push(`${file}:${test.line ?? 1}${name}${what && `  ${what}`}`)
  }
}

function failureType({ details: { error } }: EventData.TestFail): unknown {
  return 'failureType' in error ? error.failureType : undefined
}

/** Per file, the names of the tests that have begun and not ended. */
function namesInProgress(events: TestsStream): Map<string, Set<string>> {
  const inProgress = new Map<string, Set<string>>()
  events.on('test:dequeue', ({ file = '', name, type }) => {
    if (type === 'test') inProgress.set(file, (inProgress.get(file) ?? new Set()).add(name))
  })
  events.on('test:complete', ({ file = '', name }) => void inProgress.get(file)?.delete(name))
  return inProgress
}
