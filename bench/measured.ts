import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** What one worker process used for its rows. */
export interface Measured {
  rows: number
  cpuSeconds: number
  wallSeconds: number
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
  }
  process.send?.(measured)
}

/** Runs `bench/workers/<name>.ts` in a process of its own. */
export async function runWorker(name: string, env: Record<string, string>): Promise<Measured> {
  const file = join(import.meta.dirname, 'workers', `${name}.ts`)
  const child = fork(file, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const exited = once(child, 'exit').then(([code]) => {
    throw new Error(`bench worker ${name} ended with code ${String(code)} before it had measured`)
  })
  const [measured] = (await Promise.race([once(child, 'message'), exited])) as [Measured]
  exited.catch(() => undefined)
  child.kill()
  return measured
}
