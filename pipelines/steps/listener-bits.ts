import type { CleanPlay } from '../../schemas/events.ts'
import { LISTENER_BITS } from '../../schemas/k-anonymity.ts'
import type { AnyAggregate } from '../engine/index.ts'

const BYTES = LISTENER_BITS / 8

/**
 * Of each listener one of 128 bits, as hex digits: windows of which only these are known can be put together, and have at least as many listeners as
 * there are bits in any of them. Nobody can be told from a bit.
 */
export const listenerBits: AnyAggregate<CleanPlay, Buffer, string> = {
  initial: () => Buffer.alloc(BYTES),
  add(bits, { listener }) {
    const place = placeOf(listener)
    bits[place >>> 3]! |= 1 << (place & 7)
    return bits
  },
  merge: (a, b) => Buffer.from(a.map((byte, at) => byte | b[at]!)),
  result: (bits) => bits.toString('hex'),
  codec: {
    encode: (bits) => Buffer.from(bits),
    decode: (bytes) => Buffer.from(bytes),
    write: (bits, out) => out.bytes(bits),
  },
}

/** FNV-1a, then its high and low half: a pseudonym is a keyed hash already. */
function placeOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return (hash ^ (hash >>> 16)) & (LISTENER_BITS - 1)
}
