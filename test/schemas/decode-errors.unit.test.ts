import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ByteReader } from '../../schemas/avro/byte-reader.ts'
import { Codec, DecodeError, schemaIdOf } from '../../schemas/codec.ts'
import { avroSchema } from '../../schemas/event-schema.ts'
import type { SchemaRegistry } from '../../schemas/registry.ts'
import { type Topic, topic } from '../../schemas/topic.ts'
import { topics } from '../../schemas/topics.ts'
import { at, rawPlay } from '../kit/builders.ts'
import { codecFor } from './codec-for.ts'

const reasonOf = (decode: () => unknown) => {
  try {
    decode()
  } catch (error) {
    assert.ok(error instanceof DecodeError, String(error))
    return error.reason
  }
  return 'decoded'
}

test('no value', async () => {
  const codec = await codecFor(topics.plays)
  assert.equal(schemaIdOf(null), undefined)
  assert.equal(
    reasonOf(() => codec.decode(topics.plays, null)),
    'null_value',
  )
})

test('not in the wire format: too short, or another first byte', async () => {
  const codec = await codecFor(topics.plays)
  const json = Buffer.from('{"eventId":"1"}')
  for (const bytes of [Buffer.alloc(0), Buffer.from([0]), Buffer.from([0, 0, 0, 1]), json])
    assert.equal(
      reasonOf(() => codec.decode(topics.plays, bytes)),
      'not_wire_format',
    )
})

test('a schema id that the registry does not know; ids below 1 are not even asked for', async () => {
  const asked: number[] = []
  const registry: SchemaRegistry = {
    register: () => Promise.resolve(1),
    schemaById: (id) => Promise.resolve(void asked.push(id)),
  }
  const codec = new Codec(registry)
  for (const id of [77, 0, -1, -(2 ** 31)]) {
    const bytes = Buffer.alloc(9)
    bytes.writeInt32BE(id, 1)
    await codec.load([bytes, null, Buffer.from('x')])
    await codec.load([bytes])
    assert.equal(
      reasonOf(() => codec.decode(topics.plays, bytes)),
      'unknown_schema_id',
    )
  }
  assert.deepEqual(asked, [77])
})

test('a schema that is registered later is asked for again, not before ten seconds, and until then it is unknown', async (t) => {
  let now = 0
  t.mock.method(performance, 'now', () => now)
  const texts = new Map<number, string>()
  const asked: number[] = []
  const codec = new Codec({
    register: () => Promise.resolve(1),
    schemaById: (id) => Promise.resolve((asked.push(id), texts.get(id))),
  })
  const bytes = Buffer.from([0, 0, 0, 0, 7, 2])
  const number = topic('numbers', avroSchema<number>('number.v1', 'int'), 'any')
  const unknown = { reason: 'unknown_schema_id' }
  await codec.load([bytes])
  texts.set(7, '"int"')
  now = 9_999
  await codec.load([bytes])
  assert.throws(() => codec.decode(number, bytes), unknown)
  assert.deepEqual(asked, [7])
  now = 20_000
  assert.throws(
    () => codec.decode(number, bytes),
    unknown,
    'what was loaded is decoded as it was, however late',
  )
  await codec.load([bytes])
  assert.equal(codec.decode(number, bytes), 1)
  now = 40_000
  await codec.load([bytes])
  assert.deepEqual(asked, [7, 7])
})

test('of more than ten thousand unknown schemas those are forgotten that were asked for more than an hour ago', async (t) => {
  let now = 0
  t.mock.method(performance, 'now', () => now)
  const codec = new Codec({
    register: () => Promise.resolve(1),
    schemaById: () => Promise.resolve(undefined),
  })
  const number = topic('numbers', avroSchema<number>('number.v1', 'int'), 'any')
  const reasonFor = (id: number) => {
    const bytes = Buffer.alloc(6)
    bytes.writeInt32BE(id, 1)
    return reasonOf(() => codec.decode(number, bytes))
  }
  await codec.loadSchemas(Array.from({ length: 10_000 }, (_, at) => at + 1))
  now = 10_000
  await codec.loadSchemas([1])
  now = 3_600_001
  await codec.loadSchemas([20_001])
  assert.equal(reasonFor(2), 'unknown_schema_id', 'of fewer none is forgotten')
  await codec.loadSchemas([])
  assert.throws(() => reasonFor(2), /was not loaded/)
  assert.deepEqual([1, 3, 20_001].map(reasonFor), Array(3).fill('unknown_schema_id'))
})

test('schemas are asked for ten at a time', async () => {
  let [open, most, answered] = [0, 0, 0]
  const codec = new Codec({
    register: () => Promise.resolve(1),
    async schemaById() {
      most = Math.max(most, ++open)
      await Promise.resolve()
      open--
      answered++
      return '"int"'
    },
  })
  await codec.loadSchemas(Array.from({ length: 25 }, (_, index) => index + 1))
  assert.deepEqual([most, answered], [10, 25])
})

test('a bug of what reads is no fault of the value', async (t) => {
  const codec = await codecFor(topics.plays)
  const bytes = codec.encode(topics.plays, rawPlay())
  for (const bug of [new ReferenceError('v1 is not defined'), new RangeError('Invalid array length')]) {
    const { mock } = t.mock.method(ByteReader.prototype, 'string', () => {
      throw bug
    })
    assert.throws(() => codec.decode(topics.plays, bytes), bug)
    mock.restore()
  }
  assert.equal(codec.decode(topics.plays, bytes).trackId, rawPlay().trackId)
})

test('cut off anywhere', async () => {
  const codec = await codecFor(topics.plays)
  const bytes = codec.encode(topics.plays, rawPlay())
  for (let length = 5; length < bytes.length; length++)
    assert.equal(
      reasonOf(() => codec.decode(topics.plays, bytes.subarray(0, length))),
      'malformed_avro',
    )
})

test('more bytes than the value has', async () => {
  const codec = await codecFor(topics.plays)
  const bytes = Buffer.concat([codec.encode(topics.plays, rawPlay()), Buffer.from([0])])
  assert.equal(
    reasonOf(() => codec.decode(topics.plays, bytes)),
    'malformed_avro',
  )
})

test('a whole number that JavaScript would round', async () => {
  const codec = await codecFor(topics.importedPlays)
  for (const long of [2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 62n, -(2n ** 53n)])
    assert.equal(
      reasonOf(() => codec.decode(topics.importedPlays, importedAt(long))),
      'malformed_avro',
    )
  assert.equal(codec.decode(topics.importedPlays, importedAt(1_767_268_800_000n)).producedAt, at('12:00:00'))
})

test('whatever the bytes are, they are read or refused with a reason, and never anything else', async () => {
  const codec = await codecFor(topics.plays, topics.deadLetters, topics.artistTotals)
  const reasons = ['decoded', 'null_value', 'not_wire_format', 'unknown_schema_id', 'malformed_avro']
  const header = fc.constantFrom([], [0, 0, 0, 0, 1], [0, 0, 0, 0, 2], [0, 0, 0, 0, 3], [0, 0, 0, 9, 9])
  const anything = fc.tuple(header, fc.uint8Array({ maxLength: 200 }))
  await fc.assert(
    fc.asyncProperty(anything, async ([head, rest]) => {
      const bytes = Buffer.from([...head, ...rest])
      await codec.load([bytes])
      for (const each of [topics.plays, topics.deadLetters] as Topic<unknown>[]) {
        const reason = reasonOf(() => codec.decode(each, bytes))
        assert.ok([...reasons, 'incompatible_schema'].includes(reason), reason)
      }
    }),
    { numRuns: 500 },
  )
})

test('decoding before load is a bug, not a reason', async () => {
  const codec = await codecFor()
  assert.throws(
    () => codec.decode(topics.plays, Buffer.from([0, 0, 0, 0, 8, 0])),
    /Schema id 8 was not loaded: call load\(\) before decode\(\)/,
  )
})

/** An entry of the import ledger as a writer with 64-bit numbers makes it (Avro 1.12, "Primitive Types": zig-zag varint). */
function importedAt(producedAt: bigint): Buffer {
  const bytes = [0, 0, 0, 0, 1, 0]
  let rest = BigInt.asUintN(64, (producedAt << 1n) ^ (producedAt >> 63n))
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  return Buffer.from([...bytes, Number(rest)])
}
