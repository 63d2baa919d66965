/**
 * Runs the tests of the kinds named: `node test/run.ts KIND… [--coverage] [--timeout MINUTES] [PATH…]`.
 *
 * A PATH is a part of a path that narrows the run, `gateway` or `steps/validate`. Kinds that need the real services
 * share one stack, started before the first of them. The last line says `N passed, N failed, N skipped`; the exit code
 * is 0 only if at least one test ran, none failed and the coverage gate, if asked for, holds.
 */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { inspect, parseArgs } from 'node:util'
import type { Coverage } from './kit/coverage.ts'
import type { RunningServices } from './kit/services.ts'
import { isKind, kinds, testFiles } from './kit/runner/kinds.ts'
import type { KindName } from './kit/runner/kinds.ts'
import { endLeftovers, runMark } from './kit/runner/leftovers.ts'
import { runFiles } from './kit/runner/run-files.ts'
import type { Outcome } from './kit/runner/run-files.ts'

const { values: options, positionals: words } = parseArgs({
  allowPositionals: true,
  options: {
    coverage: { type: 'boolean', default: false },
    // Minutes that a file may take, instead of what its kind allows.
    timeout: { type: 'string' },
    // Where test/ and the source folders are; the runner's own tests run it on small trees.
    root: { type: 'string', default: join(import.meta.dirname, '..') },
  },
})

const say = (line: string) => process.stdout.write(`${line}\n`)
const mark = randomUUID()
const interrupted = endOnSignals()
const total: Outcome = { passed: 0, failed: 0, skipped: 0, failures: [] }
const exitCode = await main()
// Written out first; then what a service's client may still hold open does not keep the run alive.
process.stdout.write('', () => process.exit(exitCode))

async function main(): Promise<number> {
  const wanted = words.filter(isKind)
  const filters = words.filter((word) => !isKind(word))
  if (wanted.length === 0) {
    say(`name at least one kind of tests: ${Object.keys(kinds).join(', ')}`)
    return 2
  }
  process.env[runMark] = mark
  const coverage = options.coverage ? await startCoverage(filters) : undefined
  Object.assign(process.env, coverage?.env)
  const services = servicesOnce()
  await counted(() => runKinds(wanted, filters, services))
  await counted(services.stop)
  for (const command of await endLeftovers(mark)) say(`left behind by a test, ended now: ${command}`)
  let held = true
  if (coverage && !interrupted.aborted) await counted(async () => void (held = await coverage.report(say)))
  await coverage?.remove()
  return summarise(total, held)
}

/** Part of a run that is no test: what goes wrong in it is counted and named like a failed test. */
async function counted(part: () => Promise<void>): Promise<void> {
  try {
    await part()
  } catch (error) {
    say(inspect(error))
    add({ passed: 0, failed: 1, skipped: 0, failures: [`the run itself: ${String(error)}`] })
  }
}

async function startCoverage(filters: string[]): Promise<Coverage> {
  const { collectCoverage } = await import('./kit/coverage.ts')
  return collectCoverage({ root: options.root, filters })
}

/** Kind after kind, so that unit tests have failed before services are waited for. */
async function runKinds(wanted: KindName[], filters: string[], services: Services): Promise<void> {
  for (const name of wanted) {
    const files = testFiles(options.root, name, filters)
    say(`\n${name}: ${files.length === 0 ? 'no test' : `${files.length} test files`}`)
    if (files.length === 0) continue
    if (kinds[name].needsServices) await services.start()
    if (interrupted.aborted) return
    const kind = { ...kinds[name], ...(options.timeout && { timeout: Number(options.timeout) }) }
    add(await runFiles(files, kind, { root: options.root, signal: interrupted }))
  }
}

interface Services {
  start(): Promise<void>
  stop(): Promise<void>
}

/** The services of the whole run, started by the first who needs them. */
function servicesOnce(): Services {
  let running: RunningServices | undefined
  return {
    async start(): Promise<void> {
      if (running) return
      const { startServices } = await import('./kit/services.ts')
      running = await startServices({ progress: say })
      Object.assign(process.env, running.env)
    },
    stop: async () => running?.stop(),
  }
}

function add({ passed, failed, skipped, failures }: Outcome): void {
  total.passed += passed
  total.failed += failed
  total.skipped += skipped
  total.failures.push(...failures)
}

function summarise({ passed, failed, skipped, failures }: Outcome, coverageHeld: boolean): number {
  const none = passed + failed + skipped === 0 && !interrupted.aborted
  if (failures.length > 0) say(`\nfailed:\n${failures.map((failure) => `  ${failure}`).join('\n')}`)
  if (none) say('\nno test was found: a run that tests nothing has failed')
  say(`\n${passed} passed, ${failed} failed, ${skipped} skipped`)
  if (interrupted.aborted) return 130
  return none || failed > 0 || !coverageHeld ? 1 : 0
}

/** The first signal ends the run in order; the second one ends everything at once. */
function endOnSignals(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (controller.signal.aborted) void endLeftovers(mark).finally(() => process.exit(130))
      else say('\nstopping: tests, services and what they started')
      controller.abort()
    })
  return controller.signal
}
