import assert from 'node:assert/strict'
import { test } from 'node:test'
import avro, { type Schema } from 'avsc'
import fc from 'fast-check'
import { DecodeError } from '../../../schemas/codec.ts'
import { avroSchema } from '../../../schemas/event-schema.ts'
import type { Topic } from '../../../schemas/topic.ts'
import { codecFor } from '../codec-for.ts'

interface Listed {
  list: number[]
  names: Record<string, string>
  lists: string[][]
}

function topicOf(fields: { name: string; type: Schema }[]): Topic<Partial<Listed>> {
  const schema: Schema = { type: 'record', name: 'Listed', fields }
  const value = avroSchema<Partial<Listed>>(`listed-${fields.length}.v1`, schema)
  return { name: `listed-${fields.length}`, value, partitioning: 'any', config: {} }
}

const fields: { name: string; type: Schema }[] = [
  { name: 'list', type: { type: 'array', items: 'int' } },
  { name: 'names', type: { type: 'map', values: 'string' } },
  { name: 'lists', type: { type: 'array', items: { type: 'array', items: 'string' } } },
]
const all = topicOf(fields)
/** Knows the first list only, and so skips the rest. */
const first = topicOf(fields.slice(0, 1))

const long = (value: number) => avro.Type.forSchema('long').toBuffer(value)
const HEAD = Buffer.from([0, 0, 0, 0, 1])
const [NONE, HUGE] = [long(0), long(2 ** 40)]
const blockOf = (count: number, bytes: number) => Buffer.concat([long(-count), long(bytes)])

const read = async (topic: Topic<Partial<Listed>>, ...parts: Buffer[]) => {
  const codec = await codecFor(all, topic)
  return codec.decode(topic, Buffer.concat([HEAD, ...parts]))
}
const isMalformed = (error: unknown) => error instanceof DecodeError && error.reason === 'malformed_avro'

for (const [what, parts] of [
  ['a list', [HUGE, Buffer.alloc(4), NONE, NONE]],
  ['a list that says its size', [blockOf(2 ** 40, 4), Buffer.alloc(4), NONE, NONE]],
  ['names', [NONE, HUGE, Buffer.alloc(4), NONE]],
  ['a list of lists', [NONE, NONE, HUGE, Buffer.alloc(4)]],
  ['a list in a list', [NONE, NONE, long(1), HUGE, NONE]],
  ['a list whose size leads back', [NONE, NONE, blockOf(1, -3), NONE, NONE]],
  ['names whose size leads back', [NONE, blockOf(1, -3), NONE, NONE]],
] as const)
  for (const [how, topic] of [
    ['read', all],
    ['skipped', first],
  ] as const)
    test(`${what} with more items than there are bytes is malformed, when it is ${how}`, async () => {
      await assert.rejects(read(topic, ...parts), isMalformed)
    })

test('blocks are read one after another, whether they say their size or not', async () => {
  const items = [long(2), long(7), long(8), blockOf(1, 1), long(9), NONE]
  const parts = [...items, NONE, NONE]
  assert.deepEqual({ ...(await read(all, ...parts)) }, { list: [7, 8, 9], names: {}, lists: [] })
  assert.deepEqual({ ...(await read(first, ...parts)) }, { list: [7, 8, 9] })
})

test('what is written is read back, and skipped', async () => {
  const codec = await codecFor(all, first)
  const listed = fc.record(
    {
      list: fc.array(fc.integer()),
      names: fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }),
      lists: fc.array(fc.array(fc.string())),
    },
    { noNullPrototype: true },
  )
  const property = fc.property(listed, (value) => {
    const bytes = codec.encode(all, value)
    assert.deepEqual({ ...codec.decode(all, bytes) }, value)
    assert.deepEqual({ ...codec.decode(first, bytes) }, { list: value.list })
  })
  fc.assert(property)
})

test('any bytes at all are a value or malformed, soon', async () => {
  const codec = await codecFor(all, first)
  const property = fc.property(
    fc.uint8Array({ maxLength: 60 }),
    fc.constantFrom(all, first),
    (bytes, topic) => {
      try {
        codec.decode(topic, Buffer.concat([HEAD, bytes]))
      } catch (error) {
        assert.ok(isMalformed(error))
      }
    },
  )
  fc.assert(property, { numRuns: 20_000 })
})
