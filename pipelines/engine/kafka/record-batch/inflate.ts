import { decompressFrameSync } from 'lz4-napi'
import { uncompressSync } from 'snappy'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { MalformedError } from './batch-error.ts'
import { lz4AtMost } from './lz4-frame.ts'
import { snappyBlocks } from './snappy-blocks.ts'

/** What a batch may inflate to, in bytes: a broker takes 1 MB of it unless told otherwise, which may hold a thousand times that. */
export const MOST_INFLATED = 64 * 1024 * 1024

/** By the number that a batch's attributes have for it. */
const codecs: Record<number, { name: string; inflate(bytes: Buffer, most: number): Buffer }> = {
  1: { name: 'gzip', inflate: (bytes, most) => gunzipSync(bytes, { maxOutputLength: most }) },
  2: { name: 'snappy', inflate: inflateSnappy },
  3: { name: 'lz4', inflate: inflateLz4 },
  4: { name: 'zstd', inflate: (bytes, most) => zstdDecompressSync(bytes, { maxOutputLength: most }) },
}

/**
 * The records of a batch as they were before they were compressed.
 * @throws MalformedError that names the compression, and the limit if they pass it.
 */
export function inflate(compression: number, bytes: Buffer, most = MOST_INFLATED): Buffer {
  const codec = codecs[compression]
  if (codec === undefined)
    throw new MalformedError(`its compression, number ${compression}, is none that is known`)
  try {
    return codec.inflate(bytes, most)
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(codec.name, most)
    if (error instanceof MalformedError) throw error
    throw new MalformedError(`what it says is ${codec.name} is not: ${String(error)}`)
  }
}

const tooLarge = (name: string, most: number) =>
  new MalformedError(`its ${name} inflates to more than ${most} bytes: have it written in smaller batches`)

function inflateSnappy(bytes: Buffer, most: number): Buffer {
  const { blocks, size } = snappyBlocks(bytes)
  if (size > most) throw tooLarge('snappy', most)
  return Buffer.concat(blocks.map((block) => uncompressSync(block) as Buffer))
}

function inflateLz4(bytes: Buffer, most: number): Buffer {
  if (lz4AtMost(bytes) > most) throw tooLarge('lz4', most)
  return decompressFrameSync(bytes)
}
