import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type avro from 'avsc'
import fc from 'fast-check'
import { registryInMemory } from '../../../pipelines/engine/testing/registry-in-memory.ts'
import { Codec, DecodeError } from '../../../schemas/codec.ts'
import { type EventSchemaOptions, avroSchema } from '../../../schemas/event-schema.ts'
import { playV1, playV2, playV3 } from '../../../schemas/events.ts'
import { type Topic, topic } from '../../../schemas/topic.ts'
import { rawPlay } from '../../kit/builders.ts'
import { valuesOf } from '../event-values.ts'

type Fields = avro.schema.RecordType['fields']
type Any = Record<string, unknown>

let made = 0

/** A topic of records with these fields. */
const topicOf = (fields: Fields, options?: EventSchemaOptions): Topic<Any> => {
  const name = `made-${++made}`
  return topic(name, avroSchema<Any>(`${name}.v1`, { type: 'record', name: 'Made', fields }, options), 'any')
}

async function codecOf(...known: Topic<unknown>[]): Promise<Codec> {
  const codec = new Codec(registryInMemory())
  for (const each of known) await codec.register(each)
  return codec
}

/** What is read as `reader` of a value that was written as `writer`. */
async function through(writer: Topic<Any>, reader: Topic<Any>, value: Any): Promise<Any> {
  const codec = await codecOf(writer, reader)
  return codec.decode(reader, codec.encode(writer, value))
}

const refused = (reason: string) => (error: unknown) =>
  error instanceof DecodeError && error.reason === reason

const one = (type: unknown, rest: object = {}): Fields => [{ name: 'it', type: type as avro.Schema, ...rest }]

/** As `writer` wrote it, as `reader` reads it. */
const read = (writer: unknown, reader: unknown, it: unknown, options?: EventSchemaOptions) =>
  through(topicOf(one(writer)), topicOf(one(reader), options), { it })

describe('a long is never rounded', () => {
  const longs = [0n, 1n, -1n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)]
  const asRead = (long: bigint) => (Number.isSafeInteger(Number(long)) ? Number(long) : long)

  test('it is a number up to 2^53, and a bigint beyond, where bigints are asked for', async () => {
    for (const long of longs)
      assert.deepEqual(await read('long', 'long', long, { bigints: true }), { it: asRead(long) })
    await fc.assert(
      fc.asyncProperty(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), async (long) => {
        assert.deepEqual(await read('long', 'long', long, { bigints: true }), { it: asRead(long) })
      }),
    )
  })

  test('where none are asked for it is malformed', async () => {
    for (const long of longs.filter((each) => typeof asRead(each) === 'bigint'))
      await assert.rejects(read('long', 'long', long), refused('malformed_avro'))
    assert.deepEqual(await read('long', 'long', 2n ** 53n - 1n), { it: Number.MAX_SAFE_INTEGER })
  })

  test('as a double it is the same number, or malformed', async () => {
    assert.deepEqual(await read('long', 'double', 2n ** 60n), { it: 2 ** 60 })
    assert.deepEqual(await read('int', 'double', 7), { it: 7 })
    await assert.rejects(read('long', 'double', 2n ** 53n + 1n), refused('malformed_avro'))
    await assert.rejects(read('long', 'float', 2 ** 24 + 1), refused('malformed_avro'))
    assert.deepEqual(await read('long', 'float', 2 ** 24), { it: 2 ** 24 })
  })

  test('one of more than 64 bits is none', async () => {
    const codec = await codecOf(topicOf(one('long')))
    const reader = topicOf(one('long'), { bigints: true })
    for (const bytes of [Buffer.alloc(10, 0xff), Buffer.alloc(11, 0x80), Buffer.from([0x80])])
      assert.throws(
        () => codec.decode(reader, Buffer.concat([Buffer.from([0, 0, 0, 0, 1]), bytes])),
        refused('malformed_avro'),
      )
  })
})

describe('logical types', () => {
  test('timestamps and dates are numbers, a UUID is a text that is one', async () => {
    const millis = { type: 'long', logicalType: 'timestamp-millis' }
    const micros = { type: 'long', logicalType: 'timestamp-micros' }
    const date = { type: 'int', logicalType: 'date' }
    const uuid = { type: 'string', logicalType: 'uuid' }
    const id = '0b6d3f0e-3a8e-4b44-9c77-0d5a1f6a2c11'
    for (const [type, it] of [
      [millis, Date.UTC(2026, 0, 1)],
      [micros, Date.UTC(2026, 0, 1) * 1_000 + 7],
      [date, 20_454],
      [uuid, id],
    ] as const)
      assert.deepEqual(await read(type, ['null', type], it), { it })
    assert.deepEqual(await read('string', uuid, id), { it: id })
    await assert.rejects(read('string', uuid, 'no UUID'), refused('malformed_avro'))
    await assert.rejects(read(uuid, uuid, 'no UUID'), /it is not "string"/)
    // What was a thousandth of a second would be a millionth.
    await assert.rejects(read(millis, micros, 1), refused('incompatible_schema'))
  })
})

describe('unions', () => {
  test('of several kinds of numbers hold numbers, bare, each as the first that holds it exactly', async () => {
    const numbers = ['null', 'int', 'long', 'double']
    for (const it of [null, 0, -7, 2 ** 31, -(2 ** 53) + 1, 0.5])
      assert.deepEqual(await read(numbers, numbers, it), { it })
    await assert.rejects(read(numbers, numbers, 'x'), /it is not/)
  })

  test('are read as what they hold, and what the reader has no branch for is refused alone', async () => {
    assert.deepEqual(await read('int', ['null', 'string', 'long'], 5), { it: 5 })
    assert.deepEqual(await read(['null', 'int'], 'int', 5), { it: 5 })
    await assert.rejects(read(['null', 'int'], 'int', null), refused('incompatible_schema'))
    await assert.rejects(read('string', ['null', 'int'], 'x'), refused('incompatible_schema'))
  })

  test('of records hold the one that a value is of', async () => {
    const part = (name: string, field: string) => ({
      type: 'record',
      name,
      fields: [{ name: field, type: 'string' }],
    })
    const either = [part('One', 'a'), part('Other', 'b')]
    assert.deepEqual(await read(either, either, { b: 'x' }), { it: { b: 'x' } })
  })
})

describe('an enum', () => {
  const of = (symbols: string[], rest = {}) => ({ type: 'enum', name: 'Kind', symbols, ...rest })

  test('symbols that the reader does not know are its default', async () => {
    const reader = of(['other', 'a'], { default: 'other' })
    assert.deepEqual(await read(of(['a', 'b']), reader, 'b'), { it: 'other' })
    assert.deepEqual(await read(of(['a', 'b']), reader, 'a'), { it: 'a' })
  })

  test('without a default they are refused, and only they', async () => {
    assert.deepEqual(await read(of(['a', 'b']), of(['a']), 'a'), { it: 'a' })
    await assert.rejects(read(of(['a', 'b']), of(['a']), 'b'), refused('incompatible_schema'))
  })

  test('two readers that differ in their default alone are two', async () => {
    const writer = topicOf(one(of(['a', 'b'])))
    const [x, y] = ['x', 'y'].map((byDefault) => topicOf(one(of(['x', 'y'], { default: byDefault }))))
    const codec = await codecOf(writer)
    const bytes = codec.encode(writer, { it: 'b' })
    assert.deepEqual([codec.decode(x!, bytes).it, codec.decode(y!, bytes).it], ['x', 'y'])
  })
})

test('a schema that holds itself is read to any depth that there is', async () => {
  const node = {
    type: 'record',
    name: 'Node',
    fields: [{ name: 'next', type: ['null', 'Node'], default: null }],
  }
  let it: object | null = null
  for (let depth = 0; depth < 100; depth++) it = { next: it }
  assert.deepEqual(await read(node, node, it), { it })
  const codec = await codecOf(topicOf(one(node)))
  const bytes = Buffer.concat([Buffer.from([0, 0, 0, 0, 1]), Buffer.alloc(1_000_000, 2)])
  assert.throws(() => codec.decode(topicOf(one(node)), bytes), refused('malformed_avro'))
})

test('a schema may name what another subject has', async () => {
  const address = avroSchema<Any>('address.v1', {
    type: 'record',
    name: 'Address',
    namespace: 'other',
    fields: [{ name: 'city', type: 'string' }],
  })
  const person = topicOf(one('other.Address'), {
    references: [{ subject: 'addresses-value', schema: address }],
  })
  assert.deepEqual(await through(person, person, { it: { city: 'Oslo' } }), { it: { city: 'Oslo' } })
})

describe('plays of three versions', () => {
  const versions = [playV1, playV2, playV3].map((value, index) =>
    topic(`plays-${index + 1}`, value as typeof playV3, 'user'),
  )
  const sessionId = '0b6d3f0e-3a8e-4b44-9c77-0d5a1f6a2c11'

  test('each reads what each has written', async () => {
    const codec = await codecOf(...versions)
    for (const writer of versions)
      for (const reader of versions)
        fc.assert(
          fc.property(valuesOf(writer), (value) => {
            const { eventId, msPlayed, ip } = codec.decode(reader, codec.encode(writer, value as never))
            const written = value as typeof ip & { eventId: string; msPlayed: number; ip: string }
            assert.deepEqual([eventId, msPlayed, ip], [written.eventId, written.msPlayed, written.ip])
          }),
          { numRuns: 20 },
        )
  })

  test('what was called session is the session id, and defaults stand for what was not there', async () => {
    const codec = await codecOf(...versions)
    const [v1, v2, v3] = versions as [Topic<never>, Topic<never>, (typeof versions)[0]]
    const told = { ...rawPlay(), session: sessionId, context: { kind: 'album', id: 'al1', name: null } }
    const fromV2 = codec.decode(v3, codec.encode(v2, told as never))
    assert.deepEqual(
      [fromV2.sessionId, fromV2.context, fromV2.skipReason],
      [sessionId, told.context, 'unknown'],
    )
    const fromV1 = codec.decode(v3, codec.encode(v1, rawPlay() as never))
    assert.deepEqual([fromV1.sessionId, fromV1.context, fromV1.timeZone], [null, null, null])
    const asV2 = codec.decode(v2, codec.encode(v3, rawPlay({ sessionId }))) as { session: unknown }
    assert.equal(asV2.session, null)
  })
})
