import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Looking } from '../search/looking.ts'
import type { Advance, Place } from './place.ts'

const BYTES_A_LOOK = 1024 * 1024
/** Files that say nothing before they are unpacked, by another program than this. */
const PACKED = /\.(zst|xz|bz2|lz4|zip|br)$/i

/** These files and all in these folders, also what they are gzipped from. Of what is `asked` for by name each must be there. */
export const filesPlace = ({ paths, asked }: { paths: readonly string[]; asked: boolean }): Place => ({
  async look(looking, advance) {
    const files: Found[] = []
    for (const path of paths)
      try {
        files.push(...(await filesIn(looking, path, asked)))
      } catch (error) {
        tell(looking, error)
      }
    advance.begin(files.reduce((sum, { size }) => sum + size, 0))
    for (const { path } of files)
      try {
        await lookAtFile(looking, path, advance)
      } catch (error) {
        tell(looking, error)
      }
  },
})

const tell = (looking: Looking, error: unknown) =>
  looking.problems.push(looking.hide((error as Error).message))

interface Found {
  path: string
  size: number
}

async function filesIn(looking: Looking, path: string, asked: boolean): Promise<Found[]> {
  const found = await stat(path).catch((error: unknown) => {
    if (asked || !isGone(error)) throw error
  })
  if (found === undefined) return []
  if (!found.isDirectory()) return [{ path, size: found.size }]
  const entries = await readdir(path, { withFileTypes: true, recursive: true })
  const files = entries
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map(({ parentPath, name }) => join(parentPath, name))
  const each = files.sort().map(async (file) => {
    try {
      return await fileAt(file)
    } catch (error) {
      // Logs are rotated while one looks.
      if (!isGone(error)) tell(looking, error)
      return []
    }
  })
  return (await Promise.all(each)).flat()
}

/** Folders are listed without links to others, which may lead round in a circle. */
async function fileAt(path: string): Promise<Found[]> {
  const found = await stat(path)
  if (found.isDirectory()) throw new Error(`${path}: a link to a folder: name that folder, too`)
  return found.isFile() ? [{ path, size: found.size }] : []
}

const isGone = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT'

async function lookAtFile(looking: Looking, path: string, advance: Advance): Promise<void> {
  const container = { name: path }
  looking.open(container)
  looking.look(container, Buffer.from(path), () => 'its name')
  if (PACKED.test(path)) throw new Error(`${path}: unpack it first, or gzip it`)
  await looking.lookThrough(container, chunksOf(path, advance), (at) => `byte ${at}`)
}

async function* chunksOf(path: string, advance: Advance): AsyncGenerator<Buffer> {
  for await (const chunk of createReadStream(path, { highWaterMark: BYTES_A_LOOK })) {
    advance.by((chunk as Buffer).length)
    yield chunk as Buffer
  }
}
