import type avro from 'avsc'
import { ByteReader } from '../../../schemas/avro/byte-reader.ts'
import { type ReadOptions, compileReader } from '../../../schemas/avro/compile-reader.ts'
import { compileWriter } from '../../../schemas/avro/compile-writer.ts'
import { parseSchema } from '../../../schemas/avro/parse.ts'
import { ByteWriter } from '../../../schemas/byte-writer.ts'

export function written(writer: avro.Type, value: unknown): Buffer {
  const out = new ByteWriter(64)
  compileWriter(writer)(value, out)
  return out.take()
}

/** What is read of bytes, to their end. */
export function readAs(writer: avro.Type, reader: avro.Type, bytes: Buffer, options?: ReadOptions): unknown {
  const from = new ByteReader()
  from.begin(bytes, 0)
  const value = compileReader(writer, reader, options)(from)
  if (!from.isAtEnd) throw new Error(`${bytes.length - from.at} bytes are left`)
  return value
}

/** What is read as `reader` of a value that was written as `writer`. */
export function through(writer: unknown, reader: unknown, value: unknown): unknown {
  const type = parseSchema(writer as avro.Schema)
  return readAs(type, parseSchema(reader as avro.Schema), written(type, value))
}
