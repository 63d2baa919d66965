import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { StackError } from '../../stack/index.ts'
import { lockDataFolder } from '../../stack/process/lock.ts'

/**
 * Refuses a data folder that another process holds. The folder is not taken: the services do that.
 * @throws StackError `data_folder_locked` naming the process, where its page is, and the remedy.
 */
export function refuseSecondStart(dataDir: string): void {
  try {
    lockDataFolder(dataDir)()
  } catch (error) {
    if (!(error instanceof StackError) || error.code !== 'data_folder_locked') throw error
    const { pid, page } = readPage(dataDir)
    const place = page === undefined ? '' : `, page at ${page}`
    const running = pid === undefined ? 'already running' : `already running as process ${pid}`
    throw new StackError(
      error.code,
      `${running}${place} (data folder ${dataDir})`,
      `${error.remedy} and other ports`,
      error,
    )
  }
}

/** Notes beside the lock where this process serves the page. @returns what removes the note. */
export function notePage(dataDir: string, page: string): () => void {
  mkdirSync(join(dataDir, 'run'), { recursive: true })
  writeFileSync(pageFile(dataDir), page)
  return () => {
    rmSync(pageFile(dataDir), { force: true })
  }
}

function pageFile(dataDir: string): string {
  return join(dataDir, 'run', 'page')
}

function readPage(dataDir: string): { pid?: number; page?: string } {
  const read = (file: string) => {
    try {
      return readFileSync(file, 'utf8')
    } catch {
      return undefined
    }
  }
  const lock = read(join(dataDir, 'run', 'lock.json'))
  const pid = /"pid":(\d+)/.exec(lock ?? '')?.[1]
  return { pid: pid === undefined ? undefined : Number(pid), page: read(pageFile(dataDir)) }
}
