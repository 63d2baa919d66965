import { join } from 'node:path'
import { startRemote, type Remote } from '../../test/kit/remote.ts'

/** Starts `bench/workers/<name>.ts`, with as much room for what is young as V8 gives by itself. With `BENCH_PROFILE` it leaves its CPU profile in that folder, which `bench/self-time.ts` sums up. */
export function startWorker(name: string, env: Record<string, string>): Remote {
  const { BENCH_PROFILE: folder } = process.env
  const profile = folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`]
  return startRemote(join(import.meta.dirname, '..', 'workers', `${name}.ts`), {
    env: { ...process.env, ...env },
    execArgv: ['--expose-gc', ...profile],
  })
}
