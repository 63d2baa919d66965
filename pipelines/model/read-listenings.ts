import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { ModelError } from './errors.ts'
import type { Listening } from './interactions.ts'

const SHAPE = /^([^\s,]+)(?:\s*,\s*|\s+)([^\s,]+)(?:\s*,\s*|\s+)(\d{1,15})$/

/**
 * Reads lines of `listener,artist,plays`, with commas or white space between; the first may name the columns.
 * @throws ModelError naming the file and the line
 */
export async function readListenings(file: string): Promise<Listening[]> {
  const rows: Listening[] = []
  let number = 0
  try {
    for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
      number += 1
      const line = text.trim()
      if (line === '') continue
      const [, listener, artist, plays] = SHAPE.exec(line) ?? []
      if (listener !== undefined && artist !== undefined && Number(plays) > 0)
        rows.push({ listener, artist, plays: Number(plays) })
      else if (number > 1)
        throw new ModelError(`${file}, line ${number}: expected listener,artist,plays with at least one play`)
    }
  } catch (cause) {
    if (cause instanceof ModelError) throw cause
    throw new ModelError(`${file} cannot be read: ${(cause as Error).message}`, { cause })
  }
  if (rows.length === 0) throw new ModelError(`${file} has no line of listener,artist,plays`)
  return rows
}
