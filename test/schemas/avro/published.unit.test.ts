import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { inflateRawSync, zstdDecompressSync } from 'node:zlib'
import type avro from 'avsc'
import { uncompressSync } from 'snappy'
import { ByteReader } from '../../../schemas/avro/byte-reader.ts'
import { canonicalForm, fingerprint64 } from '../../../schemas/avro/canonical.ts'
import { compileReader } from '../../../schemas/avro/compile-reader.ts'
import { compileWriter } from '../../../schemas/avro/compile-writer.ts'
import { parseSchema } from '../../../schemas/avro/parse.ts'
import { ByteWriter } from '../../../schemas/byte-writer.ts'

const folder = join(import.meta.dirname, '../../../../shared/data/vectors/avro')
const skip = existsSync(folder) ? false : 'the published cases are not here (../shared/data/vectors/avro)'
const read = (name: string) => readFileSync(join(folder, name))

interface Case {
  number: string
  schema: avro.Schema
  canonical: string
  fingerprint: bigint | undefined
}

/** `// 007`, then `<<INPUT schema`, or the schema in lines up to `INPUT`, then what is wanted of it. */
function cases(): Case[] {
  const text = read('schema-tests.txt').toString()
  return text
    .split(/^\/\/ (?=\d{3}$)/m)
    .slice(1)
    .map((part) => {
      const [, oneLine, lines] = /^<<INPUT(?: (.*)|\n([^]*?)^INPUT)$/m.exec(part)!
      const fingerprint = /^<<fingerprint (-?\d+)/m.exec(part)?.[1]
      return {
        number: part.slice(0, 3),
        schema: JSON.parse(oneLine ?? lines!) as avro.Schema,
        canonical: /^<<canonical (.*)$/m.exec(part)![1]!,
        fingerprint: fingerprint === undefined ? undefined : BigInt(fingerprint),
      }
    })
}

for (const { number, schema, canonical, fingerprint } of skip === false ? cases() : [])
  test(`case ${number}: the canonical form of a schema, and its fingerprint`, () => {
    assert.equal(canonicalForm(schema), canonical)
    if (fingerprint !== undefined)
      assert.equal(BigInt.asIntN(64, fingerprint64(canonicalForm(schema))), fingerprint)
  })

test('all published schemas have been looked at', { skip }, () => {
  assert.equal(cases().length, 34)
})

const header = parseSchema({
  type: 'record',
  name: 'Header',
  fields: [
    { name: 'magic', type: { type: 'fixed', name: 'Magic', size: 4 } },
    { name: 'meta', type: { type: 'map', values: 'bytes' } },
    { name: 'sync', type: { type: 'fixed', name: 'Sync', size: 16 } },
  ],
})

const inflate: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  null: (bytes) => bytes,
  deflate: (bytes) => inflateRawSync(bytes),
  // Four bytes of a checksum come after each block.
  snappy: (bytes) => uncompressSync(bytes.subarray(0, -4)) as Buffer,
  zstandard: (bytes) => zstdDecompressSync(bytes),
}

/** The rows of a container file, read by nothing but what reads events, and how often they were written back to the same bytes. */
function rowsIn(file: Buffer): unknown[] {
  const from = new ByteReader()
  from.begin(file, 0)
  const { meta } = compileReader(header, header)(from) as { meta: Record<string, Buffer> }
  const type = parseSchema(JSON.parse(meta['avro.schema']!.toString()) as avro.Schema)
  const [readRow, writeRow] = [compileReader(type, type), compileWriter(type)]
  const rows: unknown[] = []
  while (!from.isAtEnd) {
    const count = from.long()
    const block = inflate[meta['avro.codec']?.toString() ?? 'null']!(from.bytes())
    const inBlock = new ByteReader()
    const again = new ByteWriter()
    inBlock.begin(block, 0)
    for (let left = count; left > 0; left--) {
      rows.push(readRow(inBlock))
      writeRow(rows.at(-1), again)
    }
    assert.deepEqual(again.take(), Buffer.from(block))
    from.fixed(16)
  }
  return rows
}

for (const name of ['weather', 'weather-deflate', 'weather-snappy', 'weather-zstd', 'weather-sorted'])
  test(`${name}.avro holds what weather.json says, and is written back the same`, { skip }, () => {
    const wanted = read('weather.json')
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown)
    const byTime = (rows: unknown[]) => rows.map((row) => JSON.stringify(row)).sort()
    assert.deepEqual(byTime(rowsIn(read(`${name}.avro`))), byTime(wanted))
  })
