import { MalformedError } from './batch-error.ts'

/** What snappy-java's stream begins with: a name, a version, and the oldest version that can read it. */
const STREAM = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0])
const STREAM_HEADER = 16
const INT32 = 4
/** A length has 32 bits, seven a byte. */
const LONGEST_LENGTH = 5

/**
 * The blocks of what a producer has compressed with snappy, and how many bytes they say that they inflate to. Java's producers write a
 * stream, of blocks that their int32 length precedes; others write one block alone.
 */
export function snappyBlocks(bytes: Buffer): { blocks: Buffer[]; size: number } {
  const blocks = bytes.subarray(0, STREAM.length).equals(STREAM) ? [...blocksOf(bytes)] : [bytes]
  return { blocks, size: blocks.reduce((sum, block) => sum + sizeOf(block), 0) }
}

function* blocksOf(bytes: Buffer): Generator<Buffer> {
  for (let at = STREAM_HEADER; at < bytes.length;) {
    const length = bytes.length - at < INT32 ? -1 : bytes.readInt32BE(at)
    at += INT32
    if (length < 0 || length > bytes.length - at) throw new MalformedError('its snappy ends within a block')
    yield bytes.subarray(at, at + length)
    at += length
  }
}

/** What a block inflates to: it begins with that, as a number of variable length without a sign. */
function sizeOf(block: Buffer): number {
  let size = 0
  for (let length = 0; length < Math.min(LONGEST_LENGTH, block.length); length += 1) {
    const byte = block[length]!
    size += (byte & 0x7f) * 2 ** (7 * length)
    if (byte < 0x80) return size
  }
  throw new MalformedError('its snappy does not say how much it inflates to')
}
