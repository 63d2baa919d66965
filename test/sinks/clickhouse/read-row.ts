/** What a row of RowBinary holds, by the names and types of its format: times as ClickHouse prints them. */
export function readRow(head: Buffer, row: Buffer): Record<string, unknown> {
  const reader = new Reader(row)
  const read = Object.fromEntries([...typesIn(head)].map(([name, type]) => [name, reader.value(type)]))
  if (!reader.atEnd) throw new Error('there is more in the row than its columns')
  return read
}

/** The type of each column, in their order. */
export function typesIn(head: Buffer): Map<string, string> {
  const reader = new Reader(head)
  const names = Array.from({ length: reader.varint() }, () => reader.text())
  return new Map(names.map((name) => [name, reader.text()]))
}

class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  varint(): number {
    for (let value = 0, shift = 0; ; shift += 7) {
      const byte = this.#bytes[this.#at++]!
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }

  text(): string {
    const length = this.varint()
    return this.#bytes.toString('utf8', this.#at, (this.#at += length))
  }

  value(type: string): unknown {
    const [, outer, inner = ''] = /^(LowCardinality|Nullable|Array)\((.*)\)$/.exec(type) ?? []
    if (outer === 'LowCardinality') return this.value(inner)
    if (outer === 'Nullable') return this.#bytes[this.#at++] === 1 ? null : this.value(inner)
    if (outer === 'Array') return Array.from({ length: this.varint() }, () => this.value(inner))
    if (type === 'String') return this.text()
    if (type === 'Bool') return this.#bytes[this.#at++] === 1
    const at = this.#at
    const number = {
      Int32: () => this.#bytes.readInt32LE((this.#at += 4) - 4),
      UInt16: () => this.#bytes.readUInt16LE((this.#at += 2) - 2),
      UInt32: () => this.#bytes.readUInt32LE((this.#at += 4) - 4),
      Int64: () => Number(this.#bytes.readBigInt64LE((this.#at += 8) - 8)),
      UInt64: () => Number(this.#bytes.readBigUInt64LE((this.#at += 8) - 8)),
      Float64: () => this.#bytes.readDoubleLE((this.#at += 8) - 8),
    }[type]
    if (number !== undefined) return number()
    if (type !== "DateTime64(3, 'UTC')") throw new Error(`no type ${type} at ${at}`)
    const ms = Number(this.#bytes.readBigInt64LE((this.#at += 8) - 8))
    return new Date(ms).toISOString().replace('T', ' ').slice(0, -1)
  }
}
