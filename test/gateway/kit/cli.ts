import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { tokenSettings } from './gateway.ts'

const main = join(import.meta.dirname, '../../../cli/main.ts')

export const cliKeys = {
  TOKEN_KEY: tokenSettings.key.toString('base64'),
  PUSH_KEY: Buffer.alloc(32, 5).toString('base64'),
  PSEUDONYM_KEY: randomBytes(32).toString('base64'),
}

export interface RunningCli {
  process: ChildProcess
  /** What it has said so far. */
  stdout(): string
  stderr(): string
  /** Exit code, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals | null>
}

/** Runs `continuo …` as a process of its own, with the keys of this kit. */
export function runCli(t: TestContext, args: string[], env: Record<string, string> = {}): RunningCli {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, ...cliKeys, ...env },
  })
  const said = { stdout: '', stderr: '' }
  child.stdout.on('data', (bytes) => (said.stdout += String(bytes)))
  child.stderr.on('data', (bytes) => (said.stderr += String(bytes)))
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.on('close', (code, signal) => resolve(code ?? signal))
  })
  t.after(() => child.kill('SIGKILL'))
  return { process: child, stdout: () => said.stdout, stderr: () => said.stderr, ended }
}
