/** Rows of as many texts as `columns` says, in ClickHouse's RowBinary. @throws Error for an answer that ends amid a row */
export async function* textRows(chunks: AsyncIterable<Buffer>, columns: number): AsyncGenerator<Buffer[]> {
  let row: Buffer[] = []
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let at = 0
    for (;;) {
      const text = textAt(rest, at)
      if (text === undefined) break
      row.push(text.bytes)
      at = text.end
      if (row.length < columns) continue
      yield row
      row = []
    }
    rest = rest.subarray(at)
  }
  if (row.length > 0 || rest.length > 0) throw new Error('ClickHouse has ended its answer amid a row')
}

/** A length in LEB128, and so many bytes; undefined if not all of them are here yet. */
function textAt(from: Buffer, start: number): { bytes: Buffer; end: number } | undefined {
  let length = 0
  for (let at = start, scale = 1; at < from.length; at += 1, scale *= 128) {
    const byte = from[at]!
    length += (byte & 0x7f) * scale
    if (byte >= 0x80) continue
    const end = at + 1 + length
    return end <= from.length ? { bytes: from.subarray(at + 1, end), end } : undefined
  }
  return undefined
}
