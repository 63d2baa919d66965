import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ByteWriter } from '../../../schemas/byte-writer.ts'
import {
  type ColumnType,
  EARLIEST,
  LATEST,
  array,
  bool,
  dateTime,
  float64,
  int32,
  int64,
  lowCardinality,
  nullable,
  text,
  uint16,
  uint32,
  uint64,
} from '../../../sinks/clickhouse/row-binary.ts'

const BITS_31 = 2 ** 31
const EXACT = Number.MAX_SAFE_INTEGER

function bytesOf<T>(type: ColumnType<T>, value: T): Buffer {
  const out = new ByteWriter()
  type.write(out, value)
  return out.take()
}

/** A whole number in so many bytes, as ClickHouse has it, by the plain way. */
const whole = (bytes: number) => (value: number) =>
  Buffer.from(
    Array.from({ length: bytes }, (_, at) => Number(BigInt.asUintN(8, BigInt(value) >> BigInt(8 * at)))),
  )

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value % 0x80) + 0x80, ...varint(Math.floor(value / 0x80))]
}
const utf8 = (value: string) =>
  Buffer.concat([Buffer.from(varint(Buffer.byteLength(value))), Buffer.from(value)])

const numbers: [ColumnType<number>, least: number, most: number, bytes: number][] = [
  [int32, -BITS_31, BITS_31 - 1, 4],
  [int64, -EXACT, EXACT, 8],
  [uint16, 0, 2 ** 16 - 1, 2],
  [uint32, 0, 2 ** 32 - 1, 4],
  [uint64, 0, EXACT, 8],
  [dateTime, EARLIEST, LATEST, 8],
]

for (const [type, least, most, bytes] of numbers)
  test(`${type.name} has the bytes of every number from ${least} to ${most}`, () => {
    const check = (value: number) => assert.deepEqual(bytesOf(type, value), whole(bytes)(value))
    for (const limit of [least, most, Math.max(least, -1), 0, 2 ** 15]) check(limit)
    fc.assert(fc.property(fc.integer({ min: least, max: most }), check))
  })

test('what a column cannot hold is refused, by its reason', () => {
  for (const type of [uint32, uint64])
    assert.throws(() => bytesOf(type, -1), { name: 'UnfitError', reason: 'negative_count' })
  assert.throws(() => bytesOf(uint32, 2 ** 32), { name: 'UnfitError', reason: 'count_too_large' })
  for (const time of [EARLIEST - 1, LATEST + 1])
    assert.throws(() => bytesOf(dateTime, time), { name: 'UnfitError', reason: 'time_out_of_range' })
  for (const number of [NaN, Infinity, -Infinity])
    assert.throws(() => bytesOf(float64, number), { name: 'UnfitError', reason: 'number_not_finite' })
})

test('texts, numbers with a point, and truth lie as ClickHouse has them', () => {
  const double = Buffer.alloc(8)
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      (word, number) => {
        assert.deepEqual(bytesOf(text, word), utf8(word))
        double.writeDoubleLE(number)
        assert.deepEqual(bytesOf(float64, number), double)
      },
    ),
  )
  for (const length of [127, 128, 16_383, 16_384, 100_000]) {
    assert.deepEqual(bytesOf(text, 'x'.repeat(length)), utf8('x'.repeat(length)))
    assert.deepEqual(bytesOf(text, 'é'.repeat(length)), utf8('é'.repeat(length)))
  }
  assert.deepEqual([...bytesOf(bool, false), ...bytesOf(bool, true)], [0, 1])
})

test('a value that may be null has a byte before it, a list its length, and a dictionary is told by the type alone', () => {
  const words = array(lowCardinality(nullable(text)))
  assert.equal(words.name, 'Array(LowCardinality(Nullable(String)))')
  fc.assert(
    fc.property(fc.array(fc.option(fc.string()), { maxLength: 200 }), (values) => {
      const wanted = values.map((value) =>
        value === null ? Buffer.of(1) : Buffer.concat([Buffer.of(0), utf8(value)]),
      )
      assert.deepEqual(bytesOf(words, values), Buffer.concat([Buffer.from(varint(values.length)), ...wanted]))
    }),
  )
})
