import { MalformedError } from './batch-error.ts'

const MAGIC = 0x184d2204
const FLAGS = { blockChecksum: 0x10, contentSize: 0x08, dictionary: 0x01 } as const
const INT32 = 4
const CONTENT_SIZE = 8
/** A block's length has this bit if it is stored as it was. */
const STORED = 0x8000_0000
/** No bytes of LZ4 inflate to more than this many each. */
const MOST_A_BYTE = 255

/**
 * The most that an LZ4 frame can inflate to, in bytes, told from the lengths of its blocks alone:
 *
 *     magic int32 | flags | largest block | [content size int64] | [dictionary int32] | checksum | blocks: length int32, bytes, [checksum int32] | 0
 *
 * Numbers are little-endian. https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 */
export function lz4AtMost(bytes: Buffer): number {
  const shortest = INT32 + 3
  if (bytes.length < shortest || bytes.readUInt32LE(0) !== MAGIC)
    throw new MalformedError('its lz4 is no frame')
  const flags = bytes[INT32]!
  const has = (flag: number, length: number) => ((flags & flag) === 0 ? 0 : length)
  const largest = largestBlock(bytes[INT32 + 1]!)
  const checksum = has(FLAGS.blockChecksum, INT32)
  let at = shortest + has(FLAGS.contentSize, CONTENT_SIZE) + has(FLAGS.dictionary, INT32)
  let most = 0
  while (at + INT32 <= bytes.length) {
    const length = bytes.readUInt32LE(at)
    if (length === 0) return most
    const isStored = length >= STORED
    const stored = isStored ? length - STORED : length
    most += Math.min(largest, isStored ? stored : stored * MOST_A_BYTE)
    at += INT32 + stored + checksum
  }
  throw new MalformedError('its lz4 frame has no end')
}

/** Sizes of 64 KiB, 256 KiB, 1 MiB and 4 MiB have the numbers 4 to 7, in the bits above the lowest four. */
const largestBlock = (descriptor: number) => 2 ** (8 + 2 * ((descriptor >> 4) & 0x7))
