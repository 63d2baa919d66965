import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { LEAST_BYTES, formsOf } from './search/forms.ts'
import type { Needle } from './search/needles.ts'

/** Identifiers that cannot be looked for. The message says which by their numbers, and never what they are. */
export class PrivacyScanError extends Error {
  override readonly name = 'PrivacyScanError'
}

/** So many make a third of a million forms. */
const MOST = 5_000

/** Those that are given, and those of a file, `-` being the standard input, one a line; each once. @throws PrivacyScanError */
export async function readIdentifiers(given: readonly string[], from: string | undefined): Promise<string[]> {
  const lines = from === undefined ? [] : (await contentOf(from)).replace(/^\ufeff/, '').split(/\r?\n/)
  const identifiers = [...new Set([...given, ...lines])].filter((each) => each.trim() !== '')
  if (identifiers.length === 0)
    throw new PrivacyScanError('nothing to look for: name identifiers, or a file with --from')
  if (identifiers.length > MOST)
    throw new PrivacyScanError(`${identifiers.length} identifiers are too many: ${MOST} at a time`)
  const short = identifiers.flatMap((each, index) =>
    Buffer.byteLength(each.trim()) < LEAST_BYTES ? [shownAs(each, index)] : [],
  )
  if (short.length > 0)
    throw new PrivacyScanError(
      `too short to be told from what is there anyway: ${short.join('; ')}. Give at least ${LEAST_BYTES} bytes`,
    )
  return identifiers
}

function contentOf(file: string): Promise<string> {
  if (file === '-') return text(process.stdin)
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new PrivacyScanError(
      `cannot read ${file}: ${(cause as NodeJS.ErrnoException).code ?? 'it fails'}`,
      { cause },
    )
  })
}

/** What there is to look for of all of them. */
export const needlesOf = (identifiers: readonly string[]): Needle[] =>
  identifiers.flatMap((each, identifier) => formsOf(each).map((form) => ({ ...form, identifier })))

/** By its number, with what tells it from its neighbours and names nobody. */
export function shownAs(identifier: string, index: number): string {
  const first = String.fromCodePoint(identifier.codePointAt(0)!)
  return `#${index + 1}, ${first}…, ${identifier.length} characters`
}
