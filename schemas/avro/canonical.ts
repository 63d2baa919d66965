import type avro from 'avsc'
import { parseSchema } from './parse.ts'

/** A schema as text without what does not matter to who reads its bytes (Avro 1.12, "Parsing Canonical Form"). */
export const canonicalForm = (schema: avro.Schema): string =>
  Array.isArray(schema) && schema.length === 0 ? '[]' : JSON.stringify(parseSchema(schema).schema())

const EMPTY = 0xc15d_213a_a4d7_a795n

const table = Array.from({ length: 256 }, (_, byte) => {
  let value = BigInt(byte)
  for (let bit = 0; bit < 8; bit++) value = (value >> 1n) ^ (value & 1n ? EMPTY : 0n)
  return value
})

/** CRC-64-AVRO of a text, as the Avro specification has it ("Schema Fingerprints"). */
export function fingerprint64(text: string): bigint {
  let value = EMPTY
  for (const byte of Buffer.from(text)) value = (value >> 8n) ^ table[Number((value ^ BigInt(byte)) & 0xffn)]!
  return value
}

/** What stands before a value whose bytes say which schema wrote them (Avro 1.12, "Single object encoding"). */
export function singleObjectHead(schema: avro.Schema): Buffer {
  const head = Buffer.from([0xc3, 0x01, 0, 0, 0, 0, 0, 0, 0, 0])
  head.writeBigUInt64LE(fingerprint64(canonicalForm(schema)), 2)
  return head
}
