/** The first bytes of a file, of which there are fewer only if the file has no more, and all of it. */
export async function peeked(
  chunks: AsyncIterable<Buffer>,
  leastBytes: number,
): Promise<{ head: Buffer; all: AsyncGenerator<Buffer> }> {
  const iterator: AsyncIterator<Buffer, unknown> = chunks[Symbol.asyncIterator]()
  let head: Buffer = Buffer.alloc(0)
  while (head.length < leastBytes) {
    const next = await iterator.next()
    if (next.done === true) break
    head = Buffer.concat([head, next.value])
  }
  return { head, all: together(head, iterator) }
}

async function* together(head: Buffer, rest: AsyncIterator<Buffer, unknown>): AsyncGenerator<Buffer> {
  try {
    if (head.length > 0) yield head
    yield* { [Symbol.asyncIterator]: () => rest }
  } finally {
    // Whoever stops at the head has not asked for the rest yet, and it would hold its file open.
    await rest.return?.()
  }
}
