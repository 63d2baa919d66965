import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { join, relative } from 'node:path'
import type { EventData, TestsStream } from 'node:test'
import type { Kind } from './kinds.ts'
import { shareProcess } from './share-process.ts'

/** What became of the tests of a run; `failures` names each failed one with its place, and what it said. */
export interface Outcome {
  passed: number
  failed: number
  skipped: number
  failures: string[]
}

const LINES_SAID = 8

/**
 * Runs test files, `filesAProcess` to a process, and prints the results as they come.
 * @param files absolute paths
 * @param root where the paths of failures are seen from
 * @param signal ends the test processes when aborted; what has not run by then has failed
 */
export async function runFiles(
  files: string[],
  { concurrency, timeout, filesAProcess }: Kind,
  { root, signal }: { root: string; signal: AbortSignal },
): Promise<Outcome> {
  const outcome: Outcome = { passed: 0, failed: 0, skipped: 0, failures: [] }
  const { entries, remove } = await shareProcess(files, { root, filesAProcess })
  const filesOf = new Map(entries.map((entry) => [entry.path, entry.files]))
  const paths = [...filesOf.keys()]
  const events = run({ files: paths, concurrency, timeout: timeout * 60_000, signal })
  const inProgress = namesInProgress(events)
  const holdTests = new Set<string>()
  events.on('test:pass', (test) => {
    if (test.details.type === 'suite') {
      if (isFile(test) && !holdTests.has(join(root, test.name))) fail(test, 'holds no test')
      return
    }
    holdTests.add(test.file ?? '')
    if (isEntry(test)) fail(test, 'holds no test')
    else if (test.skip !== undefined || test.todo !== undefined) outcome.skipped++
    else outcome.passed++
  })
  events.on('test:fail', (test) => {
    // The subtests have been counted; their parent would count them a second time.
    if (failureType(test) === 'subtestsFailed') return
    if (isEntry(test) && failureType(test) === 'testTimeoutFailure') hung(test)
    else if (test.todo === undefined) fail(test)
    else outcome.skipped++
  })
  try {
    for await (const text of events.compose(new spec()) as AsyncIterable<string>) process.stdout.write(text)
  } finally {
    await remove()
  }
  return outcome

  /** Names the tests that hung and the files behind them, or all files of the process. */
  function hung(entry: EventData.TestFail): void {
    const files = filesOf.get(entry.name)!
    const at = files.findIndex((file) => inProgress.has(join(root, file)))
    if (at === -1)
      fail(entry, 'timed out: its tests have ended, but something that they opened is still open')
    else add(`${files[at]}:1`, `timed out in: ${[...inProgress.get(join(root, files[at]!))!].join(', ')}`)
    for (const file of at === -1 ? [] : files.slice(at + 1))
      add(`${file}:1`, 'not run, since its process hung')
  }

  function fail(test: EventData.TestPass | EventData.TestFail, what = ''): void {
    if (isEntry(test)) add(`${filesOf.get(test.name)!.join(', ')}:1`, what)
    else if (isFile(test)) add(`${test.name}:1`, what)
    else if (what !== '') add(placeOf(test), test.name, what)
    else add(placeOf(test), test.name + said(test))
  }

  function placeOf({ file = '', line = 1 }: EventData.TestPass | EventData.TestFail): string {
    return `${relative(root, file)}:${line}`
  }

  function add(...words: string[]): void {
    outcome.failed++
    outcome.failures.push(words.filter((word) => word !== '').join('  '))
  }

  /** Whether this is what node:test makes of a process. */
  function isEntry({ name }: EventData.TestPass | EventData.TestFail): boolean {
    return filesOf.has(name)
  }

  /** Whether this is the suite of a file that shares its process. */
  function isFile({ file = '', nesting }: EventData.TestPass | EventData.TestFail): boolean {
    return nesting === 0 && filesAProcess > 1 && filesOf.has(file)
  }
}

/** The start of what a failed test said, below its name: of a long run the end may be all that is kept. */
function said({ details }: EventData.TestPass | EventData.TestFail): string {
  const { cause } = 'error' in details ? details.error : {}
  const lines = String(cause instanceof Error ? cause.message : cause).split('\n')
  return lines
    .slice(0, LINES_SAID)
    .map((line) => `\n      ${line.slice(0, 200)}`)
    .join('')
}

function failureType({ details: { error } }: EventData.TestFail): unknown {
  return 'failureType' in error ? error.failureType : undefined
}

/** Per file, the names of the tests and suites that have begun and not ended; a file with none is not in it. */
function namesInProgress(events: TestsStream): Map<string, Set<string>> {
  const inProgress = new Map<string, Set<string>>()
  events.on('test:dequeue', ({ file = '', name }) => {
    if (name !== file) inProgress.set(file, (inProgress.get(file) ?? new Set()).add(name))
  })
  events.on('test:complete', ({ file = '', name }) => {
    inProgress.get(file)?.delete(name)
    if (inProgress.get(file)?.size === 0) inProgress.delete(file)
  })
  return inProgress
}
