const ASCII_BELOW = 0x80
const LONGEST = 64

/**
 * The bytes of keys, each valid until the next is asked for. Nearly all keys are short and of ASCII, and those are put here letter by
 * letter: calls into native code to measure, to hash and to write each would take longer than all else that is done with it.
 */
export class KeyBytes {
  readonly #bytes = new Uint8Array(LONGEST)
  /** Of each length. */
  readonly #views = Array.from({ length: LONGEST + 1 }, (_, length) => this.#bytes.subarray(0, length))

  of(key: string): Uint8Array {
    const { length } = key
    if (length > LONGEST) return Buffer.from(key)
    for (let at = 0; at < length; at++) {
      const letter = key.charCodeAt(at)
      if (letter >= ASCII_BELOW) return Buffer.from(key)
      this.#bytes[at] = letter
    }
    return this.#views[length]!
  }
}
