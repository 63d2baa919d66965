import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { StackError } from '../errors.ts'
import { identify, isAlive, type ProcessIdentity } from './identity.ts'
import { pidFolder } from './pid-files.ts'

/**
 * Takes the data folder for this process, so that no two starts share it. The lock of a process that is gone is taken over.
 * @returns what gives it back.
 * @throws StackError `data_folder_locked`, naming the process that holds it.
 */
export function lockDataFolder(dataDir: string): () => void {
  mkdirSync(pidFolder(dataDir), { recursive: true })
  const file = join(pidFolder(dataDir), 'lock.json')
  const me = identify(process.pid)
  if (!me) throw new Error(`the system does not tell about process ${process.pid}`)
  if (!create(file, me)) {
    const holder = read(file)
    if (holder && isAlive(holder)) throw locked(dataDir, holder)
    rmSync(file, { force: true })
    if (!create(file, me)) throw locked(dataDir, read(file))
  }
  return () => {
    rmSync(file, { force: true })
  }
}

function create(file: string, owner: ProcessIdentity): boolean {
  try {
    const handle = openSync(file, 'wx')
    writeSync(handle, JSON.stringify(owner))
    closeSync(handle)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function read(file: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ProcessIdentity
  } catch {
    return undefined
  }
}

function locked(dataDir: string, holder: ProcessIdentity | undefined): StackError {
  const who = holder ? `process ${holder.pid}` : 'another process'
  return new StackError(
    'data_folder_locked',
    `the data folder ${dataDir} is in use by ${who}`,
    holder
      ? `stop it first (kill ${holder.pid}), or start with another folder (--data-dir)`
      : 'start with another folder (--data-dir)',
  )
}
