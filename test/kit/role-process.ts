import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { freePort } from '../../stack/ports.ts'
import { withoutCoverage } from './without-coverage.ts'

const root = join(import.meta.dirname, '../..')

/** `continuo sinks` as a process of its own. */
export const sinksProcess = (sink: 'clickhouse' | 'redis', env: Record<string, string>) =>
  roleProcess(['sinks', sink], env)

/** A role as a process of its own, which can be killed at any moment. */
export async function roleProcess(args: string[], env: Record<string, string>) {
  let output = ''
  const healthPort = await freePort()
  const child: ChildProcess = spawn(process.execPath, ['cli/main.ts', ...args], {
    cwd: root,
    env: { ...withoutCoverage(), HEALTH_PORT: String(healthPort), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const exited = once(child, 'exit')
  let isEnding = false

  return {
    /** What it has logged. */
    get output() {
      return output
    },

    /** Whether it has ended by itself, as it does when going on would be wrong, or of a fault by which the system ends it. */
    get ended() {
      return child.exitCode !== null || (child.signalCode !== null && !isEnding)
    },

    /** What `/readyz` answers. */
    async ready(): Promise<boolean> {
      return (await fetch(`http://127.0.0.1:${healthPort}/readyz`)).ok
    },

    /** What `/metrics` answers. */
    async metrics(): Promise<string> {
      return (await fetch(`http://127.0.0.1:${healthPort}/metrics`)).text()
    },

    /** Ends it as a power cut would. */
    async kill(): Promise<void> {
      isEnding = true
      child.kill('SIGKILL')
      await exited
    },

    /** Holds it still, as a machine that swaps or a debugger does, or lets it go on. */
    freeze: () => child.kill('SIGSTOP'),
    thaw: () => child.kill('SIGCONT'),

    /** Asks it to end; its exit code. */
    async stop(): Promise<number | null> {
      isEnding = true
      child.kill('SIGTERM')
      await exited
      return child.exitCode
    },
  }
}
