import assert from 'node:assert/strict'
import test from 'node:test'
import avro from 'avsc'
import fc from 'fast-check'
import { ByteWriter } from '../../schemas/byte-writer.ts'

const SMALL = 16
const texts = avro.Type.forSchema('string')

test('values lie one behind the other, whatever they are longer than', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 3 * SMALL })), (values) => {
      const out = new ByteWriter(SMALL)
      const written = values.map((value) => {
        out.avroString(value)
        return out.take()
      })
      assert.deepEqual(
        written.map((bytes) => texts.fromBuffer(bytes) as unknown),
        values,
      )
    }),
  )
})

test('what has its length before it is what Avro calls bytes', () => {
  const bytes = avro.Type.forSchema('bytes')
  for (const length of [0, 1, 63, 64, 65, 8_191, 8_192, 100_000]) {
    const value = Buffer.alloc(length, 7)
    const out = new ByteWriter(SMALL)
    out.byte(9)
    const from = out.beginBytes()
    out.bytes(value)
    out.endBytes(from)
    assert.deepEqual(out.take(), Buffer.concat([Buffer.of(9), bytes.toBuffer(value)]))
  }
})

test('numbers are as a buffer of Node has them, before 1970 too', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.double(), fc.integer(), (whole, double, int) => {
      const out = new ByteWriter(1)
      out.int64(whole)
      out.double(double)
      out.int32(int)
      const expected = Buffer.alloc(20)
      expected.writeBigInt64BE(BigInt(whole))
      expected.writeDoubleBE(double, 8)
      expected.writeInt32BE(int, 16)
      assert.deepEqual(out.take(), expected)
    }),
  )
})

test('little-endian numbers are as a buffer of Node has them', () => {
  const uint16 = fc.nat({ max: 2 ** 16 - 1 })
  const int32 = fc.oneof(fc.integer(), fc.nat({ max: 2 ** 32 - 1 }))
  fc.assert(
    fc.property(fc.maxSafeInteger(), uint16, int32, (whole, short, int) => {
      const out = new ByteWriter(1)
      out.int64LittleEndian(whole)
      out.uint16LittleEndian(short)
      out.int32LittleEndian(int)
      const expected = Buffer.alloc(14)
      expected.writeBigInt64LE(BigInt(whole))
      expected.writeUInt16LE(short, 8)
      if (int < 0) expected.writeInt32LE(int, 10)
      else expected.writeUInt32LE(int, 10)
      assert.deepEqual(out.take(), expected)
    }),
  )
})

test('a text has its length before it, seven bits a byte', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (value) => {
      const out = new ByteWriter(SMALL)
      out.text(value)
      const bytes = Buffer.from(value)
      const { length } = bytes
      const before = length < 128 ? [length] : [(length & 127) | 128, length >> 7]
      assert.deepEqual(out.take(), Buffer.concat([Buffer.from(before), bytes]))
    }),
  )
})

test('what is dropped is in no value', () => {
  const out = new ByteWriter(SMALL)
  out.int32(1)
  out.truncate(0)
  out.byte(2)
  assert.equal(out.length, 1)
  assert.deepEqual(out.take(), Buffer.of(2))
})
