import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip as gunzipWithCallback } from 'node:zlib'
import { ImportError } from './errors.ts'

const gunzip = promisify(gunzipWithCallback)

/** More text does not fit into one string, and no export comes near. */
const MAX_BYTES = 256 * 1024 * 1024

export interface ExportFile {
  /** As its author named it. */
  file: string
  /** Not yet checked, one by one. */
  rows: unknown[]
}

/**
 * Reads export files: JSON arrays, gzipped or not, whatever they are called.
 * @throws ImportError naming the file: it is missing, damaged, too large, no JSON array, or given twice.
 */
export async function readExports(files: readonly string[], maxBytes = MAX_BYTES): Promise<ExportFile[]> {
  const seen = new Map<string, string>()
  const read: ExportFile[] = []
  for (const file of files) {
    const text = textOf(file, await bytesOf(file, maxBytes))
    const digest = createHash('sha256').update(text).digest('hex')
    const same = seen.get(digest)
    if (same !== undefined) {
      throw new ImportError(
        `${file} holds the same as ${same}: give each file once, or its plays would count twice`,
      )
    }
    seen.set(digest, file)
    read.push({ file, rows: rowsOf(file, text) })
  }
  return read
}

async function bytesOf(file: string, maxBytes: number): Promise<Buffer> {
  const bytes = await stat(file)
    .then(({ size }) => {
      if (size > maxBytes) throw tooLarge(file, maxBytes)
      return readFile(file)
    })
    .catch((error: unknown) => {
      if (error instanceof ImportError) throw error
      throw new ImportError(`${file} cannot be read: ${(error as Error).message}`, { cause: error })
    })
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b
  if (!isGzip) return bytes
  return gunzip(bytes, { maxOutputLength: maxBytes }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(file, maxBytes)
    throw new ImportError(`${file} is damaged: ${(error as Error).message}. Copy or download it again`, {
      cause: error,
    })
  })
}

function tooLarge(file: string, maxBytes: number): ImportError {
  return new ImportError(
    `${file} is larger than ${maxBytes / 1024 / 1024} MiB: no export is; split it if it is one`,
  )
}

/** Without the byte order mark, if it has one. */
function textOf(file: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new ImportError(`${file} is not UTF-8 text: give the JSON file as it was exported`, {
      cause: error,
    })
  }
}

function rowsOf(file: string, text: string): unknown[] {
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (error) {
    // The parser's message quotes the text, and the text is somebody's listening.
    throw new ImportError(`${file} is not JSON, or not all of it: copy or download it again`, {
      cause: error,
    })
  }
  if (!Array.isArray(content)) {
    throw new ImportError(
      `${file} is JSON, but not a list of plays: give the files named StreamingHistory*.json`,
    )
  }
  return content as unknown[]
}
