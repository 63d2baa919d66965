import { type Readable, pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { FileError } from '../errors.ts'
import { peeked } from './peeked.ts'

/** Enough to know a packed file and an encoding by. */
const MARK_BYTES = 4
const CHUNK_BYTES = 64 * 1024

/**
 * The UTF-8 text of a file, gzipped or not, UTF-16 or with a byte order mark, whatever it is called.
 * @throws FileError if it is damaged, behind what could be read
 */
export async function* unpacked(file: Readable, onBytes: (bytes: number) => void): AsyncGenerator<Buffer> {
  try {
    const { head, all } = await peeked(counted(file, onBytes), MARK_BYTES)
    if (head[0] === 0x1f && head[1] === 0x8b) {
      const plain = createGunzip({ chunkSize: CHUNK_BYTES })
      pipeline(all, plain, () => undefined)
      yield* inUtf8((await peeked(plain, MARK_BYTES)).all)
    } else yield* inUtf8(all)
  } catch (error) {
    const { message } = error as Error
    // What the system refuses is not the file's fault.
    const why =
      (error as NodeJS.ErrnoException).syscall === undefined
        ? `it is damaged (${message}): copy or download it again`
        : `it cannot be read: ${message}`
    throw new FileError(why, { cause: error })
  } finally {
    file.destroy()
  }
}

async function* counted(chunks: AsyncIterable<Buffer>, onBytes: (bytes: number) => void) {
  for await (const chunk of chunks) {
    onBytes(chunk.length)
    yield chunk
  }
}

async function* inUtf8(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let decoder: TextDecoder | undefined
  let first = true
  for await (const chunk of chunks) {
    let text = chunk
    if (first) {
      first = false
      const encoding = encodingOf(chunk)
      if (encoding !== 'utf-8') decoder = new TextDecoder(encoding)
      else if (chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf) text = chunk.subarray(3)
    }
    yield decoder === undefined ? text : Buffer.from(decoder.decode(text, { stream: true }))
  }
  if (decoder !== undefined) yield Buffer.from(decoder.decode())
}

/** By the byte order mark, or by the zero bytes that a text in UTF-16 of a known kind begins with. */
function encodingOf(head: Buffer): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] !== 0 && head[1] === 0)) return 'utf-16le'
  if ((head[0] === 0xfe && head[1] === 0xff) || (head[0] === 0 && head[1] !== 0)) return 'utf-16be'
  return 'utf-8'
}
