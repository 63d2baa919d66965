import { type FileHandle, open } from 'node:fs/promises'
import { ModelError } from './errors.ts'
import type { Listening } from './interactions.ts'

const FORM = 'listener,artist,plays'

/**
 * Reads lines of `listener,artist,plays`, or the same with white space between; the first may name the columns. The plays of a pair that is
 * there more than once are added up.
 * @throws ModelError naming the file and the line
 */
export async function readListenings(path: string): Promise<Listening[]> {
  const found = new Map<string, Listening>()
  let file: FileHandle | undefined
  try {
    file = await open(path)
    let number = 0
    for await (const line of file.readLines()) {
      number += 1
      if (line.trim() === '') continue
      const row = listeningIn(line)
      if (row === undefined && !(number === 1 && isHead(line)))
        throw new ModelError(
          `${path}, line ${number}: expected ${FORM}, with a whole number of plays of at least 1, and ids without commas`,
        )
      if (row !== undefined) add(found, row)
    }
  } catch (cause) {
    if (cause instanceof ModelError) throw cause
    throw new ModelError(`${path} cannot be read: ${(cause as Error).message}`, { cause })
  } finally {
    await file?.close()
  }
  if (found.size === 0) throw new ModelError(`${path} has no line of ${FORM}`)
  return [...found.values()]
}

const fieldsOf = (line: string): string[] =>
  (line.includes(',') ? line.split(',') : line.trim().split(/\s+/)).map((field) => field.trim())

function listeningIn(line: string): Listening | undefined {
  const [listener = '', artist = '', plays = '', ...more] = fieldsOf(line)
  if (listener === '' || artist === '' || more.length > 0 || !/^0*[1-9]\d{0,14}$/.test(plays))
    return undefined
  return { listener, artist, plays: Number(plays) }
}

const isHead = (line: string): boolean => /^\D+$/.test(fieldsOf(line).at(-1) ?? '')

function add(found: Map<string, Listening>, row: Listening): void {
  const pair = `${row.listener},${row.artist}`
  found.set(pair, { ...row, plays: row.plays + (found.get(pair)?.plays ?? 0) })
}
