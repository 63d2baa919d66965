import { pathToFileURL } from 'node:url'
import { resolve } from 'node:path'
import { type Original, openDeadLetter, sealOriginal } from '../../pipelines/engine/dead-letters.ts'
import { UnfitError, fixContext } from '../../pipelines/engine/fix-context.ts'
import { type AnyFix, fixedBy } from '../../pipelines/engine/given-back.ts'
import { type Codec, DecodeError, schemaIdOf } from '../../schemas/codec.ts'
import type { DeadLetter } from '../../schemas/dead-letter.ts'
import { DeadLetterError } from './errors.ts'
import type { KeyRing } from './key-ring.ts'
import { topicOf } from './opened.ts'

/** Reads a fix. @throws DeadLetterError where the file exports none */
export async function readFix(file: string): Promise<AnyFix> {
  let exported: { default?: unknown }
  try {
    exported = (await import(pathToFileURL(resolve(file)).href)) as { default?: unknown }
  } catch (error) {
    throw new DeadLetterError(`--fix ${file} cannot be loaded: ${(error as Error).message}`, { cause: error })
  }
  if (typeof exported.default === 'function') return exported.default as AnyFix
  throw new DeadLetterError(
    `--fix ${file} exports no function: export default ({ key, value, headers }, letter, { decoded, encode }) => ({ key, value, headers })`,
  )
}

const WIRE_HEADER_BYTES = 5

/** The value under another writer's schema: one without an id gets it, one that has an id has that replaced. */
export const underSchema =
  (id: number): AnyFix =>
  ({ value, ...rest }) => {
    if (value === null) return null
    const header = Buffer.alloc(WIRE_HEADER_BYTES)
    header.writeInt32BE(id, 1)
    const body = schemaIdOf(value) === undefined ? value : value.subarray(WIRE_HEADER_BYTES)
    return { ...rest, value: Buffer.concat([header, body]) }
  }

/** A file's function may return anything, which no message is to hold: it may be what the record holds. */
function requireRecord(made: unknown, { id }: DeadLetter): void {
  const { key, value, headers } = (made ?? {}) as Partial<Original>
  const areBytes = [key, value].every(isBytes)
  if (areBytes && Array.isArray(headers) && headers.every(isHeader)) return
  throw new DeadLetterError(
    `the fix returns no record at ${id}: key and value are null or a Buffer, headers an array of { name, value }`,
  )
}

const builtIn = [TypeError, RangeError, ReferenceError, SyntaxError, URIError, EvalError]

/** Its message, and the name that it gives itself, may hold what the record holds. */
function kindOf(error: unknown): string {
  const kind = builtIn.find((each) => error instanceof each)
  if (kind !== undefined) return `a ${kind.name}`
  return error instanceof Error ? 'an Error' : 'what is no Error'
}

const isBytes = (bytes: unknown) => bytes === null || Buffer.isBuffer(bytes)

const isHeader = (header: Partial<Original['headers'][number]> | null) =>
  typeof header?.name === 'string' && isBytes(header.value)

/** What a replay would make of a letter. */
export type Prepared =
  | { letter: DeadLetter; decodes: boolean | undefined }
  | { left: 'sealed_with_another_key' | 'left_by_the_fix' | 'too_large_once_fixed' }

/** Makes letters ready to be given back, sealed with the key of now. */
export class Preparing {
  readonly #keys: KeyRing
  readonly #codec: Codec
  readonly #topicPrefix: string
  readonly #fixes: readonly AnyFix[]

  constructor(options: { keys: KeyRing; codec: Codec; topicPrefix: string; fixes: readonly AnyFix[] }) {
    this.#keys = options.keys
    this.#codec = options.codec
    this.#topicPrefix = options.topicPrefix
    this.#fixes = options.fixes
  }

  /** @throws DeadLetterError where a fix throws or makes no record, naming the letter. */
  async prepare(letter: DeadLetter): Promise<Prepared> {
    let original: Original
    try {
      original = openDeadLetter(this.#keys.of(letter.keyId), letter)
    } catch {
      return { left: 'sealed_with_another_key' }
    }
    const fixed = await this.#fixed(original, letter)
    if (fixed === null) return { left: 'left_by_the_fix' }
    const decodes = await this.#decodes(letter, fixed.value)
    const { current } = this.#keys
    if (this.#fixes.length === 0 && letter.keyId === current.id) return { letter, decodes }
    try {
      const sealed = sealOriginal(current, letter.id, fixed)
      return { letter: { ...letter, ...sealed, schemaId: schemaIdOf(fixed.value) ?? null }, decodes }
    } catch (error) {
      if (error instanceof RangeError) return { left: 'too_large_once_fixed' }
      throw error
    }
  }

  async #fixed(original: Original, letter: DeadLetter): Promise<Original | null> {
    const topic = topicOf(letter, this.#topicPrefix)
    let now: Original | null = original
    for (const fix of this.#fixes) {
      await this.#codec.load([now.value])
      try {
        now = fixedBy(fix, now, letter, fixContext(this.#codec, topic, now.value))
      } catch (error) {
        if (error instanceof UnfitError)
          throw new DeadLetterError(`the fix encodes what is no value at ${letter.id}: ${error.message}`)
        throw new DeadLetterError(`the fix throws at ${letter.id}: ${kindOf(error)}`, { cause: error })
      }
      if (now === null) return null
      requireRecord(now, letter)
    }
    return now
  }

  /** Whether its topic's readers can decode it; undefined for a topic that is none of the product's. */
  async #decodes(letter: DeadLetter, value: Buffer | null): Promise<boolean | undefined> {
    const known = topicOf(letter, this.#topicPrefix)
    if (known === undefined) return undefined
    await this.#codec.load([value])
    try {
      this.#codec.decode(known, value)
      return true
    } catch (error) {
      if (error instanceof DecodeError) return false
      throw error
    }
  }
}
