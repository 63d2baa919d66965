import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { NewTopologyError } from './errors.ts'

export interface FileToWrite {
  /** Seen from the project's folder. */
  path: string
  text: string
  isNew: boolean
}

/**
 * Writes all files or none: each beside its place first, and only when all of them lie there do they take it.
 * @throws NewTopologyError if one cannot be written, and nothing has changed
 */
export async function writeAll(root: string, files: readonly FileToWrite[]): Promise<void> {
  const staged = files.map(({ path, text }) => ({
    text,
    place: join(root, path),
    beside: join(root, `${path}.${process.pid}.new`),
  }))
  try {
    for (const { text, beside } of staged) await writeFile(beside, text)
  } catch (error) {
    for (const { beside } of staged) await rm(beside, { force: true })
    throw new NewTopologyError(
      `nothing was written: ${(error as Error).message}: mend that and start again`,
      { cause: error },
    )
  }
  for (const { place, beside } of staged) await rename(beside, place)
}
