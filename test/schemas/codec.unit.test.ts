import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import avro from 'avsc'
import fc from 'fast-check'
import { plain } from '../../pipelines/engine/testing/plain.ts'
import { registryInMemory } from '../../pipelines/engine/testing/registry-in-memory.ts'
import { Codec, schemaIdOf } from '../../schemas/codec.ts'
import { type CleanPlay, type Play, playV1 } from '../../schemas/events.ts'
import type { SchemaRegistry } from '../../schemas/registry.ts'
import type { Topic } from '../../schemas/topic.ts'
import { topics } from '../../schemas/topics.ts'
import { rawPlay } from '../kit/builders.ts'
import { codecFor } from './codec-for.ts'
import { LARGEST_LONG, valuesOf } from './event-values.ts'

for (const topic of Object.values<Topic<unknown>>(topics))
  test(`what is written to ${topic.name} is read back, value by value`, async () => {
    const codec = await codecFor(topic)
    fc.assert(
      fc.property(valuesOf(topic), (value) => {
        const bytes = codec.encode(topic, value)
        assert.deepEqual([bytes[0], schemaIdOf(bytes)], [0, 1])
        assert.deepEqual(plain(codec.decode(topic, bytes)), value)
      }),
    )
  })

test('a value larger than the buffer is written whole, and so are the small ones after it', async () => {
  const codec = await codecFor(topics.plays)
  for (const length of [65_500, 65_536, 200_000, 1_000_000, 3]) {
    const value = rawPlay({ trackName: 'é'.repeat(length) })
    assert.equal(codec.decode(topics.plays, codec.encode(topics.plays, value)).trackName, value.trackName)
  }
})

test('bytes that were given out do not change when the next value is written', async () => {
  const codec = await codecFor(topics.plays)
  const first = codec.encode(topics.plays, rawPlay({ trackId: 'first' }))
  codec.encode(topics.plays, rawPlay({ trackId: 'other' }))
  assert.equal(codec.decode(topics.plays, first).trackId, 'first')
})

test('a text that is no UTF-8 is malformed, so that two that are none do not become one; what was written for such is read', async () => {
  const codec = await codecFor(topics.plays)
  for (const userId of ['ü', 'ü of more than twenty letters'])
    for (const second of [0x75, 0xff]) {
      const bytes = codec.encode(topics.plays, rawPlay({ userId }))
      bytes[bytes.indexOf('ü') + 1] = second
      assert.throws(() => codec.decode(topics.plays, bytes), { reason: 'malformed_avro' })
    }
  const written = codec.encode(topics.plays, rawPlay({ userId: 'what was \ufffd' }))
  assert.equal(codec.decode(topics.plays, written).userId, 'what was \ufffd')
})

describe('what cannot be written is an error', () => {
  test('a topic that was not registered', async () => {
    const codec = await codecFor()
    assert.throws(() => codec.encode(topics.plays, rawPlay()), /Topic plays is not registered: call register/)
  })

  test('a whole number beyond 2^53, which might have been rounded', async () => {
    const codec = await codecFor(topics.plays)
    for (const msPlayed of [2 ** 53, -(2 ** 53), 1e300, 0.5, NaN, Infinity])
      assert.throws(
        () => codec.encode(topics.plays, rawPlay({ msPlayed })),
        /^TypeError: plays: msPlayed is not "long"$/,
      )
    for (const msPlayed of [LARGEST_LONG, -LARGEST_LONG])
      assert.equal(
        codec.decode(topics.plays, codec.encode(topics.plays, rawPlay({ msPlayed }))).msPlayed,
        msPlayed,
      )
  })

  test('a value without a field', async () => {
    const codec = await codecFor(topics.plays)
    const { trackId: _, ...rest } = rawPlay()
    assert.throws(() => codec.encode(topics.plays, rest as Play))
  })
})

describe('values of other versions of a schema', () => {
  const playSchema = JSON.parse(topics.plays.value.text) as { fields: { name: string }[] }
  const without = (name: string) => ({
    ...playSchema,
    fields: playSchema.fields.filter((field) => field.name !== name),
  })
  const withField = (field: { name: string; type: string; default?: unknown }) => ({
    ...playSchema,
    fields: [field, ...playSchema.fields],
  })

  /** Writes by `schema`, reads as a play. */
  async function readAs(schema: object, value: object) {
    const registry = registryInMemory()
    const id = await registry.register('plays-value', JSON.stringify(schema))
    const codec = new Codec(registry)
    const head = Buffer.alloc(5)
    head.writeInt32BE(id, 1)
    const bytes = Buffer.concat([head, avro.Type.forSchema(schema as avro.Schema).toBuffer(value)])
    await codec.load([bytes])
    return { ...codec.decode(topics.plays, bytes) }
  }

  test('a newer writer: the field that this reader does not know is passed over', async () => {
    const value = rawPlay()
    const newer = withField({ name: 'mood', type: 'string', default: '' })
    assert.deepEqual(await readAs(newer, { ...value, mood: 'blue' }), value)
  })

  test('an older writer: a field that it did not have gets its default', async () => {
    const { country: _, ...older } = rawPlay()
    assert.deepEqual(await readAs(without('country'), older), { ...older, country: null })
  })

  test('a writer of something else is refused by a reason, each time', async () => {
    for (const schema of [without('userId'), { type: 'string' }]) {
      const value = 'type' in schema && schema.type === 'string' ? ('x' as unknown as object) : rawPlay()
      for (let i = 0; i < 2; i++)
        await assert.rejects(readAs(schema, value), { name: 'DecodeError', reason: 'incompatible_schema' })
    }
  })

  test('topics of one shape share a schema id and read each other', async () => {
    const codec = await codecFor(topics.playsClean, topics.playsByArtist)
    const value = {
      ...rawPlay(),
      listener: 'A'.repeat(22),
      network: null,
      receivedAt: 1,
    } as unknown as CleanPlay
    const bytes = codec.encode(topics.playsClean, value)
    assert.equal(codec.decode(topics.playsByArtist, bytes).listener, value.listener)
  })
})

test("a schema is registered under the topic's name with the installation's prefix", async () => {
  const subjects: string[] = []
  const registry: SchemaRegistry = {
    register: (subject) => Promise.resolve(subjects.push(subject)),
    schemaById: () => Promise.resolve(undefined),
  }
  await new Codec(registry, 'staging.').register(topics.plays)
  assert.deepEqual(subjects, ['staging.plays-value'])
})

test('while the registry is away what is known goes on, and what is not waits until it is there again', async () => {
  const there = Promise.withResolvers<undefined>()
  const inMemory = registryInMemory()
  let away = false
  const registry: SchemaRegistry = {
    register: (...schema) => inMemory.register(...schema),
    async schemaById(id) {
      if (away) await there.promise
      return inMemory.schemaById(id)
    },
  }
  const codec = new Codec(registry)
  await codec.register(topics.plays)
  const known = codec.encode(topics.plays, rawPlay({ trackId: 'known' }))
  const other = new Codec(registry)
  const older = { ...topics.plays, value: playV1 as typeof topics.plays.value }
  await other.register(older)
  const unknown = other.encode(older, rawPlay({ trackId: 'unknown' }))
  away = true
  await codec.load([known])
  assert.equal(codec.decode(topics.plays, known).trackId, 'known')
  const loaded = codec.load([unknown])
  assert.equal(codec.decode(topics.plays, known).trackId, 'known')
  assert.throws(() => codec.decode(topics.plays, unknown), /was not loaded/)
  there.resolve(undefined)
  await loaded
  assert.equal(codec.decode(topics.plays, unknown).trackId, 'unknown')
})
