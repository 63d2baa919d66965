import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { removePidFile, writePidFile } from './pid-files.ts'

/** What to run, and under which name its log and pid file are kept. */
export interface ChildOptions {
  name: string
  dataDir: string
  file: string
  args: string[]
  env: NodeJS.ProcessEnv
  /** A channel whose end tells the child that its parent is gone. */
  ipc?: boolean
}

/** How a child ended. */
export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

/** A running child, or one that has ended. */
export interface Child {
  readonly pid: number
  readonly logFile: string
  /** Settles when it ends, for whatever reason. */
  readonly exited: Promise<Exit>
  /** SIGTERM, then SIGKILL after `within` ms. */
  stop(within: number): Promise<Exit>
  /** SIGKILL. */
  kill(): Promise<Exit>
}

/**
 * Starts a child in a process group of its own, so that a Ctrl-C in the terminal reaches only the parent, which ends its
 * children in order. All that it writes goes to `<dataDir>/logs/<name>.log`.
 * @throws if the program cannot be started at all.
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const { name, dataDir } = options
  const logFile = openLog(dataDir, name)
  const { process: child, exited } = await launch(options, logFile)
  const pid = child.pid as number
  writePidFile(dataDir, name, pid)
  const gone = exited.then((exit) => {
    removePidFile(dataDir, name)
    return exit
  })
  return {
    pid,
    logFile,
    exited: gone,
    async stop(within) {
      child.kill('SIGTERM')
      const timer = new AbortController()
      const late = pause(within, 'late' as const, { signal: timer.signal }).catch(() => 'late' as const)
      if ((await Promise.race([gone, late])) === 'late') child.kill('SIGKILL')
      timer.abort()
      return gone
    },
    kill() {
      child.kill('SIGKILL')
      return gone
    },
  }
}

/** The end of a child's log, for the message that says why it failed; frames of stack traces are left out. */
export function lastLines(logFile: string, count = 5): string {
  const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n')
  return lines
    .filter((line) => !/^\s+at /.test(line))
    .slice(-count)
    .join('\n')
}

function launch(
  { file, args, env, ipc }: ChildOptions,
  logFile: string,
): Promise<{ process: ChildProcess; exited: Promise<Exit> }> {
  const log = openSync(logFile, 'a')
  const stdio = ['ignore', log, log, ...(ipc ? ['ipc' as const] : [])] as const
  const child = spawn(file, args, { env, detached: true, stdio: [...stdio] })
  closeSync(log)
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => {
      resolve({ code, signal })
    })
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('spawn', () => {
      resolve({ process: child, exited })
    })
  })
}

const largestLog = 10 * 1024 * 1024

function openLog(dataDir: string, name: string): string {
  const folder = join(dataDir, 'logs')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${name}.log`)
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  if (size > largestLog) renameSync(file, `${file}.1`)
  return file
}
