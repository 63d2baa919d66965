import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import type { Child } from '../../stack/index.ts'

interface LogLine {
  level?: number
  pid?: number
  msg?: string
  err?: { message?: string }
}

const FATAL = 60
const REFUSAL = 'continuo: '

/** Why a role ended, by the last fatal line that it has logged, or what it has said of its environment, and where its log is: ". It said: …; see …/run.log". */
export function lastWords({ pid, logFile }: Pick<Child, 'pid' | 'logFile'>): string {
  const reason = fatalMessage(pid, logFile)
  const below = relative(process.cwd(), logFile)
  const file = below.startsWith('..') ? logFile : below
  return `${reason === undefined ? '' : `. It said: ${reason}`}; see ${file}`
}

/** The log is of many processes, so lines of others do not count. */
function fatalMessage(pid: number, logFile: string): string | undefined {
  const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n')
  const own = lines.findLastIndex((line) => line.includes(`"pid":${pid},`))
  const refusal = own < 0 ? undefined : lines.slice(own + 1).find((line) => line.startsWith(REFUSAL))
  if (refusal !== undefined) return refusal.slice(REFUSAL.length)
  return lines
    .filter((line) => line.startsWith(`{"level":${FATAL},`))
    .map(parsed)
    .findLast((line) => line.level === FATAL && line.pid === pid)?.text
}

function parsed(line: string): LogLine & { text?: string } {
  try {
    const entry = JSON.parse(line) as LogLine
    return { ...entry, text: entry.err?.message ?? entry.msg }
  } catch {
    // Cut off by the end of the process, or by another's writing.
    return {}
  }
}
