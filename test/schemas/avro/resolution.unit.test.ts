import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type avro from 'avsc'
import { ByteReader } from '../../../schemas/avro/byte-reader.ts'
import { compileReader } from '../../../schemas/avro/compile-reader.ts'
import { compileWriter } from '../../../schemas/avro/compile-writer.ts'
import { parseSchema } from '../../../schemas/avro/parse.ts'
import { avroSchema } from '../../../schemas/event-schema.ts'
import { readAs, through } from './through.ts'

const field = (name: string, type: unknown, rest: object = {}) => ({ name, type, ...rest })
const record = (name: string, ...fields: object[]) => ({ type: 'record', name, fields })
const R = (...fields: object[]) => record('R', ...fields)
const plain = (value: unknown) => structuredClone(value)

describe('a field', () => {
  test('that another has the name of is not read twice: its alias counts for nothing', () => {
    const reader = R(field('a', 'int'), field('b', 'int', { aliases: ['a'], default: 0 }))
    assert.deepEqual(plain(through(R(field('a', 'int')), reader, { a: 5 })), { a: 5, b: 0 })
    const twice = R(
      field('b', 'int', { aliases: ['a'], default: 0 }),
      field('c', 'int', { aliases: ['a'], default: 1 }),
    )
    assert.deepEqual(plain(through(R(field('a', 'int')), twice, { a: 5 })), { b: 5, c: 1 })
  })

  test('is that of its name before one of its alias', () => {
    const writer = R(field('a', 'string'), field('b', 'int'))
    const reader = R(field('b', 'int', { aliases: ['a'] }))
    assert.deepEqual(plain(through(writer, reader, { a: 'x', b: 1 })), { b: 1 })
  })
})

describe('a union', () => {
  const A = record('A', field('a', 'string', { default: '' }))
  const B = record('B', field('b', 'string'))

  test('of records holds the one that has all that a value has', () => {
    assert.deepEqual(plain(through([A, B], [A, B], { b: 'x' })), { b: 'x' })
    assert.deepEqual(plain(through([A, B], [A, B], {})), { a: '' })
    assert.throws(() => through([A, B], [A, B], { b: 'x', c: 'y' }), TypeError)
    const map = { type: 'map', values: 'string' }
    assert.deepEqual(plain(through([B, map], [B, map], { b: 'x', c: 'y' })), { b: 'x', c: 'y' })
  })

  test('of records of one name in two namespaces is read by their whole names', () => {
    const one = { ...record('A', field('x', 'int', { default: 0 })), namespace: 'n1' }
    const other = { ...record('A', field('y', 'string')), namespace: 'n2' }
    assert.deepEqual(plain(through([one, other], [one, other], { y: 'q' })), { y: 'q' })
    assert.deepEqual(plain(through(other, ['null', one, other], { y: 'q' })), { y: 'q' })
    assert.deepEqual(plain(through({ ...other, namespace: 'n3' }, ['null', other], { y: 'q' })), { y: 'q' })
  })
})

describe('a default', () => {
  const P = record('P', field('p', ['int', 'long']))
  for (const [what, type, value] of [
    ['of a union of a list and numbers', [{ type: 'array', items: 'int' }, 'int', 'long'], []],
    ['of a union in a record', P, { p: 1 }],
    ['of a union of records in a map', { type: 'map', values: [P, 'int', 'long'] }, { k: { p: 1 } }],
    ['of a list of numbers', { type: 'array', items: ['int', 'long'] }, [1, 2]],
  ] as const)
    test(`${what} is bare, anew each time, and is written`, () => {
      const reader = R(field('it', type, { default: value }))
      assert.deepEqual(plain(through(R(), reader, {})), { it: value })
      assert.deepEqual(plain(through(reader, reader, {})), { it: value })
      const writer = parseSchema(R() as avro.Schema)
      const read = compileReader(writer, parseSchema(reader as avro.Schema))
      const [one, again] = [read(new ByteReader()), read(new ByteReader())] as { it: unknown }[]
      assert.notEqual(one!.it, again!.it)
    })

  test('that is none is named', () => {
    const uuid = { type: 'string', logicalType: 'uuid' }
    const type = parseSchema(R(field('id', uuid, { default: '' })) as avro.Schema)
    assert.throws(() => compileWriter(type), /the default of id: the value is not "string"/)
  })
})

describe('a logical type', () => {
  const on = (type: string, logicalType: string, rest = {}) => ({ type, logicalType, ...rest })

  test('is read as no other', () => {
    const longs = ['timestamp-millis', 'timestamp-micros', 'timestamp-nanos', 'time-micros']
    const all = [...longs, ...longs.slice(0, 3).map((name) => `local-${name}`)]
    for (const one of all)
      for (const other of all) {
        const read = () => through(on('long', one), on('long', other), 7)
        if (one === other) assert.equal(read(), 7)
        else assert.throws(read, { name: 'IncompatibleError' })
      }
    const times = () => through(on('int', 'time-millis'), on('long', 'time-micros'), 7)
    assert.throws(times, { name: 'IncompatibleError' })
  })

  test('of decimals is read as one of the same digits only', () => {
    const decimal = (precision: number, scale?: number) => on('bytes', 'decimal', { precision, scale })
    const bytes = Buffer.from([1, 2])
    assert.deepEqual(through(decimal(9, 2), decimal(9, 2), bytes), bytes)
    assert.deepEqual(through(decimal(9), decimal(9, 0), bytes), bytes)
    for (const other of [decimal(9, 3), decimal(8, 2)])
      assert.throws(() => through(decimal(9, 2), other, bytes), { name: 'IncompatibleError' })
    const { type } = avroSchema('price.v1', decimal(9, 2) as avro.Schema)
    assert.deepEqual(type.schema({ exportAttrs: true }), decimal(9, 2))
  })

  test('that the specification does not allow is none', () => {
    assert.equal(through(on('int', 'timestamp-millis'), on('long', 'timestamp-micros'), 7), 7)
    const wrong = on('bytes', 'decimal', { precision: 2, scale: 3 })
    const right = on('bytes', 'decimal', { precision: 9, scale: 3 })
    assert.deepEqual(through(wrong, right, Buffer.from([1])), Buffer.from([1]))
  })

  test('of a UUID in 16 bytes is these bytes', () => {
    const uuid = { type: 'fixed', name: 'Id', size: 16, logicalType: 'uuid' }
    assert.deepEqual(through(uuid, uuid, Buffer.alloc(16, 7)), Buffer.alloc(16, 7))
  })
})

describe('items that take no bytes', () => {
  const nulls = { type: 'array', items: 'null' }

  test('are read back, so many that it takes no memory to speak of', () => {
    const empty = { type: 'array', items: record('E', field('n', 'null')) }
    assert.deepEqual(through(nulls, nulls, [null, null, null]), [null, null, null])
    assert.deepEqual(plain(through(empty, empty, [{ n: null }, { n: null }])), [{ n: null }, { n: null }])
    const most = Array.from({ length: 65_536 }, () => null)
    assert.equal((through(nulls, nulls, most) as []).length, most.length)
    assert.throws(() => through(nulls, nulls, [...most, null]), TypeError)
  })

  test('are malformed beyond, in one list or in many', () => {
    const lists = parseSchema({ type: 'array', items: nulls as avro.Schema })
    const ofThirty = Buffer.from([0x80, 0xf1, 0x04, 0])
    const bytes = (count: number) =>
      Buffer.concat([Buffer.of(2 * count), ...Array<Buffer>(count).fill(ofThirty), Buffer.of(0)])
    assert.equal((readAs(lists, lists, bytes(1)) as [][])[0]!.length, 40_000)
    assert.throws(() => readAs(lists, lists, bytes(2)), { name: 'MalformedError' })
  })
})

describe('what would change without a word', () => {
  const malformed = { name: 'MalformedError' }

  test('a whole number that a float does not hold is malformed as one', () => {
    assert.equal(through('int', 'float', 2 ** 24), 2 ** 24)
    assert.throws(() => through('int', 'float', 2 ** 24 + 1), malformed)
  })

  test('a number that would be infinite as a float is not written as one', () => {
    assert.throws(() => through('float', 'float', 1e300), TypeError)
    assert.throws(() => through(['null', 'float'], ['null', 'float'], -1e300), TypeError)
    assert.equal(through(['null', 'float', 'double'], 'double', 1e300), 1e300)
    for (const value of [Infinity, -Infinity, NaN, 0.1])
      assert.equal(through('float', 'float', value), Math.fround(value))
  })

  test('a minus before nothing stays, where there is a double for it', () => {
    assert.ok(Object.is(through(['int', 'double'], ['int', 'double'], -0), -0))
  })

  test('bytes that are no UTF-8 are no text, short or long', () => {
    const text = parseSchema('string')
    const latin = Buffer.from('Beyoncé', 'latin1')
    for (const bytes of [latin, Buffer.concat([latin, Buffer.alloc(30, 65)])])
      assert.throws(() => readAs(text, text, Buffer.concat([Buffer.of(2 * bytes.length), bytes])), malformed)
    for (const sound of ['Beyoncé', '\ufffd', 'x'.repeat(30) + '\ufffd'])
      assert.equal(through('string', 'string', sound), sound)
  })
})
