import { readFileSync, readdirSync } from 'node:fs'
import { until } from '../until.ts'

/** The variable by which every process below a test run is recognised: children inherit it. */
export const runMark = 'CONTINUO_TEST_RUN'

/**
 * Ends what a test run left behind: SIGTERM, then SIGKILL for those that stay.
 * Sees processes by /proc, so on a system without it there is nothing to find.
 * @param mark the value of {@link runMark} in the environment of the run
 * @returns the command lines of what had to be ended
 */
export async function endLeftovers(mark: string): Promise<string[]> {
  const found = processesWith(runMark, mark)
  if (found.length === 0) return []
  const commands = found.map(commandLine)
  send('SIGTERM', found)
  await until(() => processesWith(runMark, mark).length === 0, {
    within: 3_000,
    what: 'leftover processes to end',
  }).catch(() => send('SIGKILL', processesWith(runMark, mark)))
  return commands
}

/** Ends by SIGKILL what a run has started, before any of it can start something more. */
export function killLeftovers(mark: string): void {
  send('SIGKILL', processesWith(runMark, mark))
}

/** The other processes in whose environment a variable has this value. */
export function processesWith(variable: string, value: string): number[] {
  const entry = `${variable}=${value}`
  return processes().filter((pid) => pid !== process.pid && read(pid, 'environ').split('\0').includes(entry))
}

function processes(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger)
  } catch {
    return []
  }
}

/** Empty for a process that has just gone, is a zombie, or belongs to somebody else. */
function read(pid: number, file: 'environ' | 'cmdline'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}

/** What a process was started by, in part. */
export function commandLine(pid: number): string {
  return read(pid, 'cmdline').split('\0').join(' ').trim().slice(0, 200)
}

function send(signal: NodeJS.Signals, pids: number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch {
      // It ended between the look and the signal.
    }
  }
}
