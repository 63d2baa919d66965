import { Unreadable } from './unreadable.ts'

const MAX_RECORD_BYTES = 64 * 1024
const QUOTE = 0x22
const NEWLINE = 0x0a
const RETURN = 0x0d

/** At the beginning of a field, in a plain or a quoted one, at a quote that may end it, or in a row that is too long. */
type Place = 'begin' | 'plain' | 'quoted' | 'quote' | 'lost'

/**
 * Finds the rows of a CSV file, RFC 4180, without what ends them. Parsers keep a row until it ends, and one quote too many makes it the
 * rest of the file: here a row has 64 KiB at most, and the next line begins another.
 */
export class CsvLines {
  readonly #delimiter: number
  #place: Place = 'begin'
  /** What earlier chunks had of the row. */
  #parts: Buffer[] = []
  #partBytes = 0
  #found: (Buffer | Unreadable)[] = []

  /** @param delimiter a byte */
  constructor(delimiter: number) {
    this.#delimiter = delimiter
  }

  push(chunk: Buffer): (Buffer | Unreadable)[] {
    let start = 0
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!
      if (this.#place === 'quoted') {
        if (byte === QUOTE) this.#place = 'quote'
        else if (this.#partBytes + at - start > MAX_RECORD_BYTES) this.#lose()
      } else if (byte === NEWLINE) {
        this.#finish(chunk.subarray(start, at))
        start = at + 1
      } else if (this.#place !== 'lost') {
        const opens = byte === QUOTE && (this.#place === 'begin' || this.#place === 'quote')
        this.#place = opens ? 'quoted' : byte === this.#delimiter ? 'begin' : 'plain'
      }
    }
    this.#keep(chunk.subarray(start))
    return this.#taken()
  }

  end(): (Buffer | Unreadable)[] {
    if (this.#place === 'quoted') this.#lose()
    if (this.#place !== 'lost') this.#finish(Buffer.alloc(0))
    return this.#taken()
  }

  #taken(): (Buffer | Unreadable)[] {
    const found = this.#found
    this.#found = []
    return found
  }

  #finish(last: Buffer): void {
    const lost = this.#place === 'lost'
    const whole = lost ? last : Buffer.concat([...this.#parts, last])
    const row = whole.at(-1) === RETURN ? whole.subarray(0, -1) : whole
    this.#parts = []
    this.#partBytes = 0
    this.#place = 'begin'
    if (lost) return
    if (row.length > MAX_RECORD_BYTES) this.#found.push(new Unreadable('record_too_large'))
    else if (row.some((byte) => byte !== RETURN && byte !== 0x20)) this.#found.push(row)
  }

  #lose(): void {
    this.#parts = []
    this.#partBytes = 0
    this.#place = 'lost'
    this.#found.push(new Unreadable('malformed_csv'))
  }

  /** Holds on to what the chunk has of a row that goes on in the next one. */
  #keep(rest: Buffer): void {
    if (this.#place === 'lost') return
    this.#parts.push(Buffer.from(rest))
    this.#partBytes += rest.length
    if (this.#partBytes > MAX_RECORD_BYTES) this.#lose()
  }
}
