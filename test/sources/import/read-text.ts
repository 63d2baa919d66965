import type { Format } from '../../../sources/import/index.ts'
import type { Listen, SkipReason } from '../../../sources/import/listen.ts'

/** What a format makes of a text, which comes in as many pieces. */
export async function readText(
  format: Format,
  text: string | Buffer,
  now: number,
  pieces = 1,
): Promise<(Listen | SkipReason)[]> {
  const read: (Listen | SkipReason)[] = []
  for await (const some of format.read(inPieces(Buffer.from(text), pieces), now)) read.push(...some)
  return read
}

/** Bytes in so many chunks, about. */
export async function* inPieces(bytes: Buffer, pieces: number): AsyncGenerator<Buffer> {
  const size = Math.max(1, Math.ceil(bytes.length / pieces))
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
