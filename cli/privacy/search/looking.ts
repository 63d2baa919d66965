import { pipeline } from 'node:stream/promises'
import { createGunzip, gunzipSync } from 'node:zlib'
import type { Match, Needle, Needles } from './needles.ts'

/** What is looked at as one: a topic, a table, a file … */
export interface Container {
  name: string
  /** Whether identifiers may be there. */
  raw?: boolean
}

/** One identifier in one form in one container. */
export interface Finding {
  place: string
  container: string
  raw: boolean
  /** Which, from 1 on. */
  identifier: number
  form: string
  times: number
  /** Where to look at some of them. */
  examples: string[]
}

const EXAMPLES = 3
const NONE: ReadonlySet<Needle> = new Set()
const GZIP = Buffer.from([0x1f, 0x8b, 0x08])
const isGzip = (bytes: Buffer) => bytes.subarray(0, GZIP.length).equals(GZIP)
/** Of bytes that only begin like that. */
const NO_GZIP = 'unknown header flags set'
/** No value of Kafka's or Redis's that is meant to be read is larger. */
const MOST_INFLATED_BYTES = 256 * 1024 * 1024

/** What one place is looked at with: it counts what it is shown, and notes what is found there. */
export class Looking {
  readonly place: string
  /** Rows, records, keys, lines: whatever is counted there. */
  rows = 0
  bytes = 0
  /** What could not be looked at, and why. */
  readonly problems: string[] = []
  readonly #needles: Needles
  readonly #containers = new Set<string>()
  /** Of which something could not be gunzipped. */
  readonly #torn = new Set<string>()
  readonly #findings = new Map<string, Finding>()

  constructor(place: string, needles: Needles) {
    this.place = place
    this.#needles = needles
  }

  get containers(): number {
    return this.#containers.size
  }

  get findings(): Finding[] {
    return [...this.#findings.values()]
  }

  /** Whether a number could be an identifier, too. */
  get seeksNumbers(): boolean {
    return this.#needles.haveDigits
  }

  find(bytes: Uint8Array): Match[] {
    return this.#needles.find(bytes)
  }

  /**
   * Looks at bytes, and at what they are gzipped from. Answers what is there, and notes it unless it is `known`. `where` is asked only if
   * something is to be noted.
   */
  look(container: Container, bytes: Buffer, where: () => string, known: ReadonlySet<Needle> = NONE): Match[] {
    const matches = this.find(bytes)
    this.found(
      container,
      matches.filter(({ needle }) => !known.has(needle)),
      where,
    )
    if (isGzip(bytes)) this.#lookInto(container, bytes, where)
    return matches
  }

  #lookInto(container: Container, packed: Buffer, where: () => string): void {
    let text: Buffer
    try {
      text = gunzipSync(packed, { maxOutputLength: MOST_INFLATED_BYTES })
    } catch (error) {
      if ((error as Error).message !== NO_GZIP) this.#tellTorn(container, where(), error as Error)
      return
    }
    this.found(container, this.find(text), () => `${where()}, gunzipped`)
  }

  /** One of a container tells enough. */
  #tellTorn({ name }: Container, at: string, { message }: Error): void {
    if (this.#torn.has(name)) return
    this.#torn.add(name)
    this.problems.push(this.hide(`${name}, ${at}: it cannot be gunzipped, ${message}`))
  }

  /**
   * Looks at bytes that come in chunks, of which only some are held at a time, and at what they are gzipped from. `where` is told the
   * first byte of what is found.
   */
  async lookThrough(
    container: Container,
    chunks: AsyncIterable<Buffer>,
    where: (at: number) => string,
  ): Promise<void> {
    const looked = this.#looked(container, chunks, where)
    let begun = Buffer.alloc(0)
    while (begun.length < GZIP.length) {
      const { done, value } = await looked.next()
      if (done === true) return
      begun = Buffer.concat([begun, value])
    }
    if (!isGzip(begun)) return toEnd(looked)
    const packed = async function* () {
      yield begun
      yield* looked
    }
    const look = (text: AsyncIterable<Buffer>) =>
      toEnd(this.#looked(container, text, (at) => `${where(at)}, gunzipped`))
    try {
      await pipeline(packed, createGunzip(), look)
    } catch (error) {
      if (!/^Z_/.test((error as NodeJS.ErrnoException).code ?? '')) throw error
      this.#tellTorn(container, where(0), error as Error)
    }
  }

  /** Looks at chunks and hands them on. */
  async *#looked(
    container: Container,
    chunks: AsyncIterable<Buffer>,
    where: (at: number) => string,
  ): AsyncGenerator<Buffer, void> {
    const overlap = this.#needles.longest - 1
    let kept: Buffer = Buffer.alloc(0)
    let before = 0
    for await (const chunk of chunks) {
      const text = Buffer.concat([kept, chunk])
      for (const match of this.find(text))
        if (match.at + match.needle.bytes.length > kept.length)
          this.found(container, [match], () => where(before + match.at))
      const next = Math.max(0, text.length - overlap)
      before += next
      kept = text.subarray(next)
      this.bytes += chunk.length
      yield chunk
    }
  }

  /** Says that there is something to be looked at, be it empty. */
  open(container: Container): void {
    this.#containers.add(container.name)
  }

  found({ name, raw = false }: Container, matches: readonly Match[], where: () => string): void {
    for (const { needle } of matches) {
      const key = `${name}\n${needle.identifier}\n${needle.name}`
      let finding = this.#findings.get(key)
      if (finding === undefined)
        this.#findings.set(key, (finding = { ...this.#of(name, needle), raw, times: 0, examples: [] }))
      finding.times += 1
      if (finding.examples.length < EXAMPLES) finding.examples.push(this.hide(where()))
    }
  }

  #of(container: string, { identifier, name: form }: Needle) {
    return { place: this.place, container: this.hide(container), identifier: identifier + 1, form }
  }

  /** The same text with the number of an identifier where that stands, in whatever form. */
  hide(text: string): string {
    const bytes = Buffer.from(text)
    let [shown, until] = ['', 0]
    for (const { at, needle } of this.find(bytes).sort((one, other) => one.at - other.at)) {
      if (at >= until) shown += `${bytes.toString('utf8', until, at)}[#${needle.identifier + 1}]`
      until = Math.max(until, at + needle.bytes.length)
    }
    return shown + bytes.toString('utf8', until)
  }
}

async function toEnd(chunks: AsyncGenerator<Buffer, void>): Promise<void> {
  while ((await chunks.next()).done !== true) continue
}
