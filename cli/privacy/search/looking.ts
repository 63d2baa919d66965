import { gunzipSync } from 'node:zlib'
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
    const inflated = inflatedOf(bytes)
    if (inflated !== undefined) this.found(container, this.find(inflated), () => `${where()}, gunzipped`)
    return matches
  }

  /** Looks at bytes that come in chunks, of which only some are held at a time. `where` is told the first byte of what is found. */
  async lookThrough(
    container: Container,
    chunks: AsyncIterable<Buffer>,
    where: (at: number) => string,
    onChunk: (bytes: number) => void = () => undefined,
  ): Promise<void> {
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
      onChunk(chunk.length)
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

function inflatedOf(bytes: Buffer): Buffer | undefined {
  if (!bytes.subarray(0, GZIP.length).equals(GZIP)) return undefined
  try {
    return gunzipSync(bytes, { maxOutputLength: MOST_INFLATED_BYTES })
  } catch {
    // It only began like that.
    return undefined
  }
}
