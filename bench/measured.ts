import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a worker answers, and what else it has to tell. */
interface Done {
  rows: number
  quantiles?: Record<string, number>
  /** Windows that are still open. */
  openWindows?: number
}

/** What a worker process has done, and what it took. */
export interface Measured extends Done {
  cpuSeconds: number
  wallSeconds: number
  /** The most memory that the process has had. */
  mostMb: number
  /** The same without files that are mapped, whose pages the system takes back when it needs them: looked at now and then. */
  ownMb: number
}

/** Of an even number of values the higher one in the middle; NaN of none. */
export const median = (values: number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN

/** 1,204 */
export const whole = (value: number) => Math.round(value).toLocaleString('en')

const KB_A_MB = 1024
const LOOK_EVERY_MS = 100

/** Linux alone tells. */
function ownMb(): number {
  const [, kb = '0'] = /^RssAnon:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return Number(kb) / KB_A_MB
}

/** In a worker: measures `work` and tells the parent. */
export async function measure(work: () => Promise<Done>): Promise<void> {
  // Without its parent nobody waits for it.
  process.once('disconnect', () => process.exit(1))
  const started = performance.now()
  const cpuBefore = process.cpuUsage()
  let mostOwn = 0
  const looking = setInterval(() => (mostOwn = Math.max(mostOwn, ownMb())), LOOK_EVERY_MS)
  const done = await work()
  clearInterval(looking)
  const { user, system } = process.cpuUsage(cpuBefore)
  const measured: Measured = {
    ...done,
    cpuSeconds: (user + system) / 1e6,
    wallSeconds: (performance.now() - started) / 1e3,
    mostMb: process.resourceUsage().maxRSS / KB_A_MB,
    ownMb: mostOwn,
  }
  process.send?.(measured, () => process.exit(0))
}

/**
 * Runs `bench/workers/<name>.ts` in a process of its own. With `BENCH_PROFILE` it leaves its CPU profile in that folder, which
 * `bench/self-time.ts` sums up.
 */
export async function runWorker(
  name: string,
  env: Record<string, string>,
  nodeOptions = process.execArgv,
): Promise<Measured> {
  const file = join(import.meta.dirname, 'workers', `${name}.ts`)
  const { BENCH_PROFILE: folder } = process.env
  const child = fork(file, {
    env: { ...process.env, ...env },
    execArgv: [...nodeOptions, ...(folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`])],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const exited = once(child, 'exit').then(([code]) => {
    throw new Error(`bench worker ${name} ended with code ${String(code)} before it had measured`)
  })
  const [measured] = (await Promise.race([once(child, 'message'), exited])) as [Measured]
  exited.catch(() => undefined)
  return measured
}
