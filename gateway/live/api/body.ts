import { isUtf8 } from 'node:buffer'
import type { HttpResponse } from 'uWebSockets.js'

/** What came with a request: all of it, something that is no UTF-8, more than allowed, or not all because its sender has gone. */
export type Body = { text: string } | 'no text' | 'too large' | 'gone'

/** Reads a request's body, and no more of it than so many bytes. Must be called before anything is awaited. */
export function bodyOf(response: HttpResponse, maxBytes: number): Promise<Body> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let bytes = 0
    response.onAborted(() => resolve('gone'))
    response.onData((chunk, isLast) => {
      bytes += chunk.byteLength
      // The library takes its memory back after this call.
      if (bytes <= maxBytes) chunks.push(Buffer.from(chunk.slice(0)))
      else resolve('too large')
      if (!isLast) return
      const all = Buffer.concat(chunks)
      resolve(isUtf8(all) ? { text: all.toString() } : 'no text')
    })
  })
}
