import { isUtf8 } from 'node:buffer'
import { FileError } from '../errors.ts'
import type { SkipReason } from '../listen.ts'
import { Unreadable } from './unreadable.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const COMMA = 0x2c
const COLON = 0x3a
const NEWLINE = 0x0a
const CLOSES = { [OPEN_OBJECT]: CLOSE_OBJECT, [OPEN_LIST]: CLOSE_LIST } as Readonly<Record<number, number>>
/** No export is nested so deep. */
const MAX_DEPTH = 1_000

const isSpace = (byte: number) => byte === 0x20 || byte === NEWLINE || byte === 0x0d || byte === 0x09

/**
 * `between` records; in something `nested`, a list or an object; in a `text` or another `scalar` that stands where a record should;
 * `lost` in something broken, up to the next object.
 */
type Place = 'between' | 'nested' | 'text' | 'scalar' | 'lost'

/**
 * Finds the records in a file of JSON: the elements of a list, or values one behind the other (JSONL). It only looks for where each
 * begins and ends, and leaves the rest to `JSON.parse`; so a broken one costs itself alone, and memory holds one at a time.
 */
export class JsonRecords {
  readonly #maxBytes: number
  #place: Place = 'between'
  #inList = false
  #begun = false
  /** What has been opened in the record and is still to be closed. */
  #open: number[] = []
  #inText = false
  #escaped = false
  /** What earlier chunks had of the record, and the last of it that is no space. */
  #parts: Buffer[] = []
  #lastByte = 0
  #partBytes = 0
  #found: unknown[] = []

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /**
   * What ends in this chunk: values, or {@link Unreadable}.
   * @throws FileError if the file does not begin like JSON
   */
  push(chunk: Buffer): unknown[] {
    let at = 0
    let start = 0
    while (at < chunk.length) {
      switch (this.#place) {
        case 'between':
          at = start = this.#next(chunk, at)
          if (this.#isOpen()) at += 1
          break
        case 'nested':
          at = this.#nested(chunk, start, at)
          break
        case 'lost':
          at = start = this.#findObject(chunk, at)
          break
        default:
          at = this.#scalar(chunk, start, at)
      }
    }
    this.#keep(chunk, start)
    return this.#taken()
  }

  /** What is left when there is no more. `whole` is false if the file ends in the middle of its list. */
  end(): { records: unknown[]; whole: boolean } {
    const whole = !this.#inList && (this.#place === 'between' || this.#place === 'scalar')
    if (this.#place === 'nested' || this.#place === 'text') this.#found.push(new Unreadable('cut_off'))
    if (this.#place === 'scalar') this.#finish(Buffer.alloc(0), 0, 0)
    return { records: this.#taken(), whole }
  }

  #taken(): unknown[] {
    const found = this.#found
    this.#found = []
    return found
  }

  #isOpen(): boolean {
    return this.#place !== 'between' && this.#place !== 'lost'
  }

  /** Goes to where the next record begins, and says what kind it is. */
  #next(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at]!
      if (isSpace(byte) || byte === COMMA) continue
      if (!this.#begun && byte !== OPEN_OBJECT && byte !== OPEN_LIST) throw new FileError(NO_JSON)
      this.#begun = true
      if (byte === OPEN_LIST && !this.#inList) {
        this.#inList = true
      } else if (byte === CLOSE_LIST) {
        this.#inList = false
      } else {
        this.#open = [byte]
        this.#inText = byte === QUOTE
        this.#escaped = false
        this.#place =
          byte === OPEN_OBJECT || byte === OPEN_LIST ? 'nested' : byte === QUOTE ? 'text' : 'scalar'
        return at
      }
    }
    return chunk.length
  }

  /** To behind the end of the record, or of the chunk. */
  #nested(chunk: Buffer, start: number, from: number): number {
    const open = this.#open
    let inText = this.#inText
    let escaped = this.#escaped
    for (let at = from; at < chunk.length; at++) {
      let byte = chunk[at]!
      if (inText) {
        // Most bytes are of texts: this loop is the one that takes time.
        while (!escaped && byte !== QUOTE && byte !== BACKSLASH && byte !== NEWLINE && at + 1 < chunk.length)
          byte = chunk[++at]!
        if (escaped) escaped = false
        else if (byte === BACKSLASH) escaped = true
        else if (byte === QUOTE) inText = false
        // No text of JSON goes over a line: its end is missing, and behind it may be whole records.
        else if (byte === NEWLINE) return this.#lose('not_json', at)
      } else if (byte === QUOTE) {
        inText = true
      } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
        // Where none may be, the record before has not been closed, and this is the next.
        const isNext = byte === OPEN_OBJECT && !this.#takesObject(chunk, at)
        if (isNext || open.length === MAX_DEPTH) return this.#lose('not_json', at)
        open.push(byte)
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
        if (CLOSES[open.pop()!] !== byte) return this.#loseUnclosed(byte, at)
        if (open.length === 0) return this.#finish(chunk, start, at + 1)
      }
    }
    this.#inText = inText
    this.#escaped = escaped
    return chunk.length
  }

  /** Whether an object may begin here, inside the record. */
  #takesObject(chunk: Buffer, at: number): boolean {
    const before = this.#byteBefore(chunk, at)
    return this.#open.at(-1) === OPEN_OBJECT ? before === COLON : before === OPEN_LIST || before === COMMA
  }

  /** The last byte before this place that is no space, which may lie in an earlier chunk. */
  #byteBefore(chunk: Buffer, end: number): number {
    for (let at = end - 1; at >= 0; at--) if (!isSpace(chunk[at]!)) return chunk[at]!
    return this.#lastByte
  }

  /** A bracket closes what it did not open. The end of the list ends what stands in it. */
  #loseUnclosed(bracket: number, at: number): number {
    this.#lose('not_json', at)
    if (bracket === CLOSE_LIST && this.#inList && !this.#open.includes(OPEN_LIST)) this.#place = 'between'
    return at
  }

  #scalar(chunk: Buffer, start: number, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at]!
      if (this.#place === 'scalar') {
        const ends = isSpace(byte) || byte === COMMA || byte === CLOSE_LIST || byte === OPEN_OBJECT
        if (ends || byte === OPEN_LIST) return this.#finish(chunk, start, at)
      } else if (this.#escaped) this.#escaped = false
      else if (byte === BACKSLASH) this.#escaped = true
      else if (byte === QUOTE) return this.#finish(chunk, start, at + 1)
      else if (byte === NEWLINE) return this.#lose('not_json', at)
    }
    return chunk.length
  }

  #findObject(chunk: Buffer, from: number): number {
    const at = chunk.indexOf(OPEN_OBJECT, from)
    if (at < 0) return chunk.length
    this.#place = 'between'
    return at
  }

  #lose(reason: SkipReason, at: number): number {
    this.#forget()
    this.#found.push(new Unreadable(reason))
    this.#place = 'lost'
    return at
  }

  #finish(chunk: Buffer, start: number, end: number): number {
    const last = chunk.subarray(start, end)
    const bytes = this.#parts.length === 0 ? last : Buffer.concat([...this.#parts, last])
    this.#forget()
    this.#place = 'between'
    this.#found.push(bytes.length > this.#maxBytes ? new Unreadable('record_too_large') : parsed(bytes))
    return end
  }

  #forget(): void {
    this.#parts = []
    this.#partBytes = 0
  }

  /** Holds on to what the chunk has of a record that goes on in the next one. */
  #keep(chunk: Buffer, start: number): void {
    if (!this.#isOpen()) return
    // The chunk may be reused by whoever reads the file.
    this.#parts.push(Buffer.from(chunk.subarray(start)))
    this.#lastByte = this.#byteBefore(chunk, chunk.length)
    this.#partBytes += chunk.length - start
    if (this.#partBytes > this.#maxBytes) this.#lose('record_too_large', chunk.length)
  }
}

const NO_JSON = 'it is no JSON: give the file as it was exported'

function parsed(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) return new Unreadable('not_utf8')
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return new Unreadable('not_json')
  }
}

/**
 * The records of a file, as many at a time as a chunk holds.
 * @throws FileError behind the last of them if the file is no JSON, is damaged, or ends in the middle
 */
export async function* jsonRecords(
  chunks: AsyncIterable<Buffer>,
  maxBytes: number,
): AsyncGenerator<readonly unknown[]> {
  const records = new JsonRecords(maxBytes)
  let failure: unknown
  try {
    for await (const chunk of chunks) yield records.push(chunk)
  } catch (error) {
    failure = error
  }
  const { records: last, whole } = records.end()
  yield last
  if (failure !== undefined) throw failure as Error
  if (!whole) throw new FileError('it ends in the middle: copy or download it again, and import it once more')
}
