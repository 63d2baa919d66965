import { isUtf8 } from 'node:buffer'
import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { LEAST_BYTES, formsOf } from './search/forms.ts'
import type { Needle } from './search/needles.ts'

/** Identifiers that cannot be looked for. The message says which by their numbers, and never what they are. */
export class PrivacyScanError extends Error {
  override readonly name = 'PrivacyScanError'
}

/** So many make a third of a million forms. */
const MOST = 5_000
/** Far longer than a user name, an address or a token of a device is: a line of it is a file without lines. */
const MOST_BYTES = 2_000

/** Those that are given, and those of a file, `-` being the standard input, one a line; each once. @throws PrivacyScanError */
export async function readIdentifiers(given: readonly string[], from: string | undefined): Promise<string[]> {
  const lines = from === undefined ? [] : linesOf(await contentOf(from), from)
  const identifiers = [...new Set([...given, ...lines])].filter((each) => each.trim() !== '')
  if (identifiers.length === 0)
    throw new PrivacyScanError('nothing to look for: name identifiers, or a file with --from')
  if (identifiers.length > MOST)
    throw new PrivacyScanError(`${identifiers.length} identifiers are too many: ${MOST} at a time`)
  const those = (are: (bytes: number) => boolean) =>
    identifiers
      .flatMap((each, index) => (are(Buffer.byteLength(each.trim())) ? [shownAs(each, index)] : []))
      .join('; ')
  const short = those((bytes) => bytes < LEAST_BYTES)
  if (short !== '')
    throw new PrivacyScanError(
      `too short to be told from what is there anyway: ${short}. Give at least ${LEAST_BYTES} bytes`,
    )
  const long = those((bytes) => bytes > MOST_BYTES)
  if (long !== '')
    throw new PrivacyScanError(`too long: ${long}. Give one a line, of ${MOST_BYTES} bytes at most`)
  return identifiers
}

/** What no identifier holds, as a text in UTF-16 or one that has been spoilt does. */
const NO_TEXT = /[^\P{Cc}\t]|\ufffd/u

/** @throws PrivacyScanError where it is no text in UTF-8: what was made of it would be found nowhere */
function linesOf(content: Buffer, from: string): string[] {
  const lines = content.toString('latin1').split(/\r\n|\r|\n/)
  return lines.map((line, index) => {
    const bytes = Buffer.from(line, 'latin1')
    const text = bytes.toString()
    if (isUtf8(bytes) && !NO_TEXT.test(text)) return index === 0 ? text.replace(/^\ufeff/, '') : text
    const where = from === '-' ? 'the standard input' : from
    throw new PrivacyScanError(
      `${where}, line ${index + 1}: no plain text. Save it as UTF-8 text, one a line`,
    )
  })
}

function contentOf(file: string): Promise<Buffer> {
  if (file === '-') return buffer(process.stdin)
  return readFile(file).catch((cause: unknown) => {
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
