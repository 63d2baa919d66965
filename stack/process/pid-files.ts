import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { identify, isAlive, type ProcessIdentity } from './identity.ts'

/** A child as its pid file names it. */
export interface ChildRecord extends ProcessIdentity {
  name: string
  /** Who started it. */
  owner: ProcessIdentity
}

/** The folder of the pid files, one a child. */
export function pidFolder(dataDir: string): string {
  return join(dataDir, 'run')
}

/** Notes a child that was just started; a child that is gone already leaves no file. */
export function writePidFile(dataDir: string, name: string, pid: number): void {
  const child = identify(pid)
  const owner = identify(process.pid)
  if (!child || !owner) return
  const file = pidFile(dataDir, name)
  mkdirSync(pidFolder(dataDir), { recursive: true })
  // By rename: whoever looks for leftovers must never read half a file.
  writeFileSync(`${file}.new`, JSON.stringify({ ...child, name, owner } satisfies ChildRecord))
  renameSync(`${file}.new`, file)
}

export function removePidFile(dataDir: string, name: string): void {
  rmSync(pidFile(dataDir, name), { force: true })
}

/** The children noted in the folder that still run. */
export function livingChildren(dataDir: string): ChildRecord[] {
  return recordsIn(dataDir).filter(isAlive)
}

/**
 * Ends the children that an earlier parent left behind: SIGTERM, then SIGKILL for those that remain after `within` ms.
 * @returns the names of those that were still running.
 */
export async function endLeftovers(
  dataDir: string,
  { within = 3000, ownedBy }: { within?: number; ownedBy?: ProcessIdentity } = {},
): Promise<string[]> {
  const left = livingChildren(dataDir).filter(
    ({ owner }) => ownedBy === undefined || (owner.pid === ownedBy.pid && owner.started === ownedBy.started),
  )
  for (const child of left) signal(child, 'SIGTERM')
  const deadline = performance.now() + within
  while (left.some(isAlive) && performance.now() < deadline) await pause(20)
  for (const child of left) signal(child, 'SIGKILL')
  while (left.some(isAlive)) await pause(5)
  for (const { name } of left) removePidFile(dataDir, name)
  return left.map(({ name }) => name)
}

function signal(child: ProcessIdentity, name: NodeJS.Signals): void {
  if (!isAlive(child)) return
  try {
    process.kill(child.pid, name)
  } catch {
    // It ended by itself between the look and the signal.
  }
}

function recordsIn(dataDir: string): ChildRecord[] {
  let names: string[]
  try {
    names = readdirSync(pidFolder(dataDir))
  } catch {
    return []
  }
  return names
    .filter((name) => name.endsWith('.pid.json'))
    .map((name) => JSON.parse(readFileSync(join(pidFolder(dataDir), name), 'utf8')) as ChildRecord)
}

function pidFile(dataDir: string, name: string): string {
  return join(pidFolder(dataDir), `${name}.pid.json`)
}
