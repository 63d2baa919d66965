import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { diskFull, requireDiskSpace } from '../disk.ts'

/** What a download needs to know. */
export interface Downloads {
  /** Where downloads are kept, shared by all checkouts. */
  folder: string
  /** The environment in which programs are looked for and run. */
  env: NodeJS.ProcessEnv
  /** Gives up. */
  signal: AbortSignal
  progress(line: string): void
}

/** The folder of downloads: CONTINUO_CACHE, else `continuo` in the user's cache folder. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  return env.CONTINUO_CACHE ?? join(env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'continuo')
}

/**
 * The folder `name` of the cache, filled by `fill` the first time. It appears whole or not at all: filled under another
 * name and renamed, so that a broken download is never taken for a good one and two starts at once do no harm.
 */
export function cached(
  downloads: Downloads,
  name: string,
  what: string,
  fill: (folder: string) => Promise<void>,
): Promise<string> {
  const finished = join(downloads.folder, name)
  if (existsSync(finished)) return Promise.resolve(finished)
  // Two services may need the same download at once.
  const running = underway.get(finished) ?? download(downloads, name, what, fill)
  underway.set(finished, running)
  return running.finally(() => underway.delete(finished))
}

const underway = new Map<string, Promise<string>>()

async function download(
  { folder, progress }: Downloads,
  name: string,
  what: string,
  fill: (folder: string) => Promise<void>,
): Promise<string> {
  const finished = join(folder, name)
  await mkdir(folder, { recursive: true })
  await requireDiskSpace(folder)
  progress(`Downloading ${what} …`)
  const partial = join(folder, `.${name}.${randomUUID()}`)
  try {
    await mkdir(partial)
    await fill(partial)
    await rename(partial, finished)
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    if (existsSync(finished)) return finished
    if (error instanceof Error && /ENOSPC|No space left/i.test(error.message))
      throw diskFull(folder, 'while downloading', error)
    throw error
  }
  return finished
}
