import { createReadStream } from 'node:fs'
import { open, readdir, realpath, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import yauzl from 'yauzl'

/** A file of an export, on its own or in an archive. */
export interface ExportFile {
  /** As its author named it, or the folder or archive that it is in. */
  path: string
  /** The part of the path below what was named. */
  within: string
  /** What is to be read of it; it may be packed. */
  bytes: number
  open(): Promise<Readable>
}

/** A file that is not read, or not to its end, and why. */
export interface FileTrouble {
  path: string
  why: string
}

export interface FoundFiles {
  files: ExportFile[]
  unreadable: FileTrouble[]
  /** Files in folders and archives that are something else. */
  others: number
}

/** Whether a file of a folder or archive can be one of this export, by its path. */
export type Accepts = (path: string) => boolean

const READ_BYTES = 64 * 1024

/** The files of an export in what is named: files, which are taken as they are called; folders and zip archives, with all that is in them. */
export async function findFiles(paths: readonly string[], accepts: Accepts): Promise<FoundFiles> {
  const found: FoundFiles = { files: [], unreadable: [], others: 0 }
  for (const path of paths) {
    const before = found.files.length + found.unreadable.length
    await attempt(found, path, () => named(path, accepts, found))
    if (found.files.length + found.unreadable.length === before)
      found.unreadable.push({ path, why: 'it holds no file of such an export: unpack it, or name the files' })
  }
  return found
}

/** What cannot be opened is told, and the others go on. */
async function attempt(found: FoundFiles, path: string, look: () => Promise<void>): Promise<void> {
  try {
    await look()
  } catch (error) {
    found.unreadable.push({ path, why: `it cannot be read: ${(error as Error).message}` })
  }
}

async function named(path: string, accepts: Accepts, found: FoundFiles): Promise<void> {
  const kind = await stat(path)
  if (kind.isDirectory()) await folder(path, '', { accepts, found, seen: new Set() })
  else if (!kind.isFile()) found.unreadable.push({ path, why: 'it is neither a file nor a folder' })
  else if (await isZip(path)) await archive(path, '', accepts, found)
  else found.files.push(plainFile(path, basename(path), kind.size))
}

interface Search {
  accepts: Accepts
  found: FoundFiles
  /** Folders by their real paths. */
  seen: Set<string>
}

/** Each folder once: links may lead back to it. */
async function folder(path: string, within: string, search: Search): Promise<void> {
  const { accepts, found, seen } = search
  const real = await realpath(path)
  if (seen.has(real)) {
    found.others += 1
    return
  }
  seen.add(real)
  const entries = (await readdir(path)).sort()
  for (const name of entries) {
    if (isHidden(name)) continue
    const [inside, below] = [join(path, name), join(within, name)]
    await attempt(found, inside, async () => {
      const kind = await stat(inside)
      if (kind.isDirectory()) await folder(inside, below, search)
      else if (kind.isFile() && /\.zip$/i.test(name)) await archive(inside, below, accepts, found)
      else if (kind.isFile() && accepts(name)) found.files.push(plainFile(inside, below, kind.size))
      else found.others += 1
    })
  }
}

const plainFile = (path: string, within: string, bytes: number): ExportFile => ({
  path,
  within,
  bytes,
  open: async () => createReadStream(path, { highWaterMark: READ_BYTES }),
})

/** What systems put beside files: of macOS each file has a shadow in a zip, under the same name. */
const isHidden = (name: string) => name.startsWith('.') || name === '__MACOSX'

async function isZip(path: string): Promise<boolean> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0)
    return bytesRead === 4 && buffer.toString('latin1', 0, 2) === 'PK' && (buffer[2] === 3 || buffer[2] === 5)
  } finally {
    await file.close()
  }
}

async function archive(path: string, within: string, accepts: Accepts, found: FoundFiles): Promise<void> {
  const before = found.files.length + found.unreadable.length + found.others
  const zip = await yauzl.openPromise(path, { autoClose: false, decodeStrings: false })
  try {
    for await (const entry of zip.eachEntry()) {
      const { generalPurposeBitFlag, fileNameRaw, extraFields } = entry
      // yauzl's own names end the reading at the first that is odd.
      const name = yauzl.getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, false)
      const parts = name.split('/')
      const leadsOut = parts.includes('..')
      if (name.endsWith('/') || (!leadsOut && parts.some(isHidden))) continue
      const inside = `${path}/${name}`
      if (!accepts(name)) found.others += 1
      else if (leadsOut)
        found.unreadable.push({ path: inside, why: 'its name leads out of the archive: unpack it' })
      else if (!entry.canDecodeFileData())
        found.unreadable.push({
          path: inside,
          why: 'it is encrypted, or packed in a way of its own: unpack it',
        })
      else found.files.push(zippedFile(path, inside, join(within, name), entry))
    }
  } finally {
    zip.close()
  }
  // In a folder there may be archives of anything.
  const now = found.files.length + found.unreadable.length + found.others
  if (within !== '' && now === before) found.others += 1
}

const zippedFile = (archivePath: string, path: string, within: string, entry: yauzl.Entry): ExportFile => ({
  path,
  within,
  bytes: entry.uncompressedSize,
  async open() {
    // Opened anew for each, so that a folder of archives holds no file open that is not being read.
    const zip = await yauzl.openPromise(archivePath, { autoClose: false, lazyEntries: true })
    try {
      const stream = await zip.openReadStreamPromise(entry)
      stream.on('close', () => zip.close())
      return Readable.from(checked(stream, entry.crc32))
    } catch (error) {
      zip.close()
      throw error
    }
  },
})

/** @throws behind all of them, if their CRC-32 is another than what was packed had */
async function* checked(chunks: AsyncIterable<Buffer>, expected: number): AsyncGenerator<Buffer> {
  let sum = 0
  for await (const chunk of chunks) {
    sum = crc32(chunk, sum)
    yield chunk
  }
  if (sum !== expected) throw new Error('its checksum is another')
}
