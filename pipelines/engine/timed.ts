import { type StoreCodec, writeState } from './store-codec.ts'

/** A value that is kept, and its event time: ms since 1970. */
export interface Timed<V> {
  readonly value: V
  readonly time: number
}

const TIME_BYTES = 8

/** As bytes: the time (8 bytes), then the value. */
export function timed<V>(codec: StoreCodec<V>): StoreCodec<Timed<V>> {
  return {
    encode({ value, time }) {
      const bytes = Buffer.allocUnsafe(TIME_BYTES)
      bytes.writeDoubleBE(time)
      return Buffer.concat([bytes, codec.encode(value)])
    },
    write({ value, time }, out) {
      out.double(time)
      writeState(codec, value, out)
    },
    decode: (bytes) => ({ time: bytes.readDoubleBE(), value: codec.decode(bytes.subarray(TIME_BYTES)) }),
  }
}
