import type { StoreCodec } from '../store-codec.ts'
import type { AnyAggregate, Of } from './aggregate.ts'

/** Two's complement, most significant byte first, in as many eights of bytes as it takes: what grows seldom stays in place. */
const bigintCodec: StoreCodec<bigint> = {
  encode(value) {
    let words = 1
    while (BigInt.asIntN(64 * words, value) !== value) words += 1
    const hex = BigInt.asUintN(64 * words, value).toString(16)
    return Buffer.from(hex.padStart(16 * words, '0'), 'hex')
  },
  decode: (bytes) => BigInt.asIntN(8 * bytes.length, BigInt(`0x${bytes.toString('hex')}`)),
}

/**
 * The sum of whole numbers of any size, as a bigint; of nothing it is 0n. An Avro long of a topic ends at 2^52 here: give the
 * figure a field of text or bytes.
 *
 * State: two's complement, big-endian, 8 bytes or a multiple.
 */
export const sumBigint = <V>(of: Of<V, bigint>): AnyAggregate<V, bigint, bigint> => ({
  initial: () => 0n,
  add: (total, value) => total + (of(value) ?? 0n),
  merge: (a, b) => a + b,
  result: (total) => total,
  codec: bigintCodec,
})
