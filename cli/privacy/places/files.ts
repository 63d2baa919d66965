import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createGunzip } from 'node:zlib'
import type { Looking } from '../search/looking.ts'
import type { Advance, Place } from './place.ts'

const BYTES_A_LOOK = 1024 * 1024
/** Files that say nothing before they are unpacked, by another program than this. */
const PACKED = /\.(zst|xz|bz2|lz4|zip|br)$/i

/** These files and all in these folders, gzipped ones as what they are of. Of what is `asked` for by name each must be there. */
export const filesPlace = ({ paths, asked }: { paths: readonly string[]; asked: boolean }): Place => ({
  async look(looking, advance) {
    const files: { path: string; size: number }[] = []
    for (const path of paths)
      try {
        files.push(...(await filesIn(path)))
      } catch (error) {
        if (asked || (error as NodeJS.ErrnoException).code !== 'ENOENT') tell(looking, error)
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

async function filesIn(path: string): Promise<{ path: string; size: number }[]> {
  const found = await stat(path)
  if (!found.isDirectory()) return [{ path, size: found.size }]
  const entries = await readdir(path, { withFileTypes: true, recursive: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
  return Promise.all(files.sort().map(async (file) => ({ path: file, size: (await stat(file)).size })))
}

async function lookAtFile(looking: Looking, path: string, advance: Advance): Promise<void> {
  const container = { name: path }
  looking.open(container)
  looking.look(container, Buffer.from(path), () => 'its name')
  if (PACKED.test(path)) throw new Error(`${path}: unpack it first, or gzip it`)
  const bytes = createReadStream(path, { highWaterMark: BYTES_A_LOOK })
  bytes.on('data', (chunk) => advance.by(chunk.length))
  const unpacked = path.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes
  bytes.on('error', (error) => unpacked.destroy(error))
  await looking.lookThrough(container, unpacked as AsyncIterable<Buffer>, (at) => `byte ${at}`)
}
