import { otherVersion } from '../errors.ts'
import { type StoreCodec, writeState } from '../store-codec.ts'
import type { WindowState } from './window-states.ts'

/** What a changelog of windows has: states, and under some ids a time alone. */
export type Stored<State> = WindowState<State> | { readonly time: number; readonly state?: undefined }

/** First byte of what is stored. Avro begins no record of ours with an odd one, so what another version wrote is told apart. */
const TIME_ALONE = 0x01
const STATE = 0x03
const HEAD_BYTES = 9

/** A tag, the largest timestamp as 8 bytes, and the state as the fold writes it. */
export function windowStateCodec<State>(codec: StoreCodec<State>): StoreCodec<Stored<State>> {
  return {
    encode({ time, state }) {
      const head = Buffer.allocUnsafe(HEAD_BYTES)
      head.writeUInt8(state === undefined ? TIME_ALONE : STATE)
      head.writeBigInt64BE(BigInt(time), 1)
      return state === undefined ? head : Buffer.concat([head, codec.encode(state)])
    },
    write({ time, state }, out) {
      out.byte(state === undefined ? TIME_ALONE : STATE)
      out.int64(time)
      if (state !== undefined) writeState(codec, state, out)
    },
    decode(bytes) {
      const tag = bytes[0]
      if (bytes.length < HEAD_BYTES || (tag !== STATE && tag !== TIME_ALONE))
        throw otherVersion('a changelog of windows')
      const time = timeIn(bytes)
      return tag === TIME_ALONE ? { time } : { time, state: codec.decode(bytes.subarray(HEAD_BYTES)) }
    },
  }
}

/** The largest timestamp of what is stored so. */
export const timeIn = (stored: Buffer): number => Number(stored.readBigInt64BE(1))
