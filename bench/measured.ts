import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** What one worker process used for its rows. */
export interface Measured {
  rows: number
  cpuSeconds: number
  wallSeconds: number
  /** Memory of the process at its end. */
  rssMb: number
}

/** In a worker: measures `work` (it answers the number of rows) and tells the parent. */
export async function measure(work: () => Promise<number>): Promise<void> {
  const cpu = process.cpuUsage()
  const started = performance.now()
  const rows = await work()
  const { user, system } = process.cpuUsage(cpu)
  const measured: Measured = {
    rows,
    cpuSeconds: (user + system) / 1e6,
    wallSeconds: (performance.now() - started) / 1e3,
    rssMb: process.memoryUsage.rss() / 2 ** 20,
  }
  process.send?.(measured, () => process.exit(0))
}

/**
 * Runs `bench/workers/<name>.ts` in a process of its own. With `BENCH_PROFILE` it leaves its CPU profile in that folder, which
 * `bench/self-time.ts` sums up.
 */
export async function runWorker(name: string, env: Record<string, string>): Promise<Measured> {
  const file = join(import.meta.dirname, 'workers', `${name}.ts`)
  const { BENCH_PROFILE: folder } = process.env
  const child = fork(file, {
    env: { ...process.env, ...env },
    execArgv: folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const exited = once(child, 'exit').then(([code]) => {
    throw new Error(`bench worker ${name} ended with code ${String(code)} before it had measured`)
  })
  const [measured] = (await Promise.race([once(child, 'message'), exited])) as [Measured]
  exited.catch(() => undefined)
  return measured
}
