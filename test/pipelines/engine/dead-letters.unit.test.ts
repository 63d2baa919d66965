import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import type { IHeaders } from 'kafkajs'
import { isCut, openDeadLetter, recordOf, sealDeadLetter } from '../../../pipelines/engine/dead-letters.ts'
import type { DeadLetter } from '../../../schemas/dead-letter.ts'
import type { RawRecord } from '../../../pipelines/engine/raw-record.ts'
import { topics } from '../../../schemas/topics.ts'
import { codecFor } from '../../schemas/codec-for.ts'

const key = { id: 'k1', bytes: Buffer.alloc(32, 1) }
const failure = { stage: 'anonymise', kind: 'decode', reason: 'malformed_avro' } as const

const bytes = fc.uint8Array({ maxLength: 300 }).map((each) => Buffer.from(each))
const headerValue = fc.oneof(bytes, fc.constant(null))
const headers = fc.dictionary(
  fc.string(),
  fc.oneof(headerValue, fc.array(headerValue, { minLength: 2, maxLength: 3 })),
  { maxKeys: 4, noNullPrototype: true },
) as unknown as fc.Arbitrary<IHeaders>

const anyRecord: fc.Arbitrary<RawRecord> = fc.record({
  topic: fc.constant('staging.plays'),
  partition: fc.nat(50),
  offset: fc.bigInt({ min: 0n, max: 2n ** 40n }),
  timestamp: fc.integer({ min: -1, max: Date.UTC(2100, 0, 1) }),
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers,
})

function record(given: Partial<RawRecord> = {}): RawRecord {
  return {
    topic: 'plays',
    partition: 3,
    offset: 41n,
    timestamp: 5,
    key: Buffer.from('ada@example.org'),
    value: Buffer.from([0, 0, 0, 0, 9, 1]),
    headers: {},
    ...given,
  }
}

test('what was sealed is opened again, byte for byte, through the topic dead-letters', async () => {
  const codec = await codecFor(topics.deadLetters)
  fc.assert(
    fc.property(anyRecord, (original) => {
      const letter = sealDeadLetter(key, original, failure)
      const read = codec.decode(topics.deadLetters, codec.encode(topics.deadLetters, letter))
      const opened = openDeadLetter(key, read)
      assert.deepEqual([opened.key, opened.value], [original.key, original.value])
      const flat = Object.entries(original.headers).flatMap(([name, values]) =>
        [values].flat().map((value) => [name, value]),
      )
      assert.deepEqual(
        opened.headers.map(({ name, value }) => [name, value]),
        flat,
      )
    }),
  )
})

test('a record of very many headers of one name is opened, all of them in their order', () => {
  const lie = Array.from({ length: 150_000 }, (_, i) => Buffer.from([i % 251]))
  const letter = sealDeadLetter(key, record({ headers: { lie, once: Buffer.from('1') } }), failure)
  const { headers } = recordOf(key, letter)
  assert.deepEqual(headers, { lie, once: Buffer.from('1') })
})

test('what may be read by anyone says where, why and from which writer, not what', () => {
  const traceparent = `00-${'4bf92f3577b34da6'.repeat(2)}-00f067aa0ba902b7-01`
  const headers = { source: 'import:7', trace: 'ada', traceparent }
  const letter = sealDeadLetter(key, record({ headers }), { ...failure, code: 'ERR_AVRO' })
  const { sealed, ...open } = letter
  assert.deepEqual(open, {
    id: 'anonymise:plays:3:41',
    ...failure,
    topic: 'plays',
    partition: 3,
    offset: 41,
    timestamp: 5,
    schemaId: 9,
    source: 'import:7',
    keyId: 'k1',
    attempt: 0,
    topicId: null,
    late: false,
    deflated: false,
    errorCode: 'ERR_AVRO',
    traceId: '4bf92f3577b34da64bf92f3577b34da6',
    summary:
      'anonymise refused plays[3]@41: decode, malformed_avro; value 6 B of schema 9, key 15 B, headers 3',
  })
  assert.ok(!sealed.includes('ada'))
})

test('nothing of key, value and headers can be seen in the letter', async () => {
  const codec = await codecFor(topics.deadLetters)
  const secret = 'ada@example.org 203.0.113.77'
  const hidden = record({
    key: Buffer.from(secret),
    value: Buffer.from(secret),
    headers: { [secret]: secret },
  })
  const written = codec.encode(topics.deadLetters, sealDeadLetter(key, hidden, failure))
  for (const part of ['ada@', 'example', '203.0.113']) assert.ok(!written.includes(part), part)
})

test('the same record is sealed differently each time', () => {
  const [a, b] = [sealDeadLetter(key, record(), failure), sealDeadLetter(key, record(), failure)]
  assert.notDeepEqual(a.sealed, b.sealed)
})

test('another key, a changed byte or another id does not open it', () => {
  const letter = sealDeadLetter(key, record(), failure)
  assert.throws(() => openDeadLetter({ id: 'k1', bytes: Buffer.alloc(32, 2) }, letter))
  assert.throws(() => openDeadLetter(key, { ...letter, id: 'anonymise:plays:3:42' }))
  assert.throws(() => openDeadLetter(key, { ...letter, sealed: letter.sealed.subarray(0, -1) }))
  assert.throws(() => openDeadLetter(key, { ...letter, sealed: Buffer.alloc(10) }))
  fc.assert(
    fc.property(fc.nat(letter.sealed.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const sealed = Buffer.from(letter.sealed)
      sealed[at]! ^= change
      assert.throws(() => openDeadLetter(key, { ...letter, sealed }))
    }),
  )
})

test('a source that is none of the ways in is not told: it may be anything', () => {
  for (const source of ['ada@example.org', '198.51.100.23', 'x'.repeat(900_000), ''])
    assert.equal(sealDeadLetter(key, record({ headers: { source } }), failure).source, 'other')
})

test('a record that is larger than a letter takes is kept byte for byte, if it can be compressed, as one that came compressed can', () => {
  const long = Buffer.alloc(5_000_000, 'x')
  for (const content of [{ key: long }, { value: long }, { headers: { long, other: Buffer.from('y') } }]) {
    const given = record(content)
    const letter = sealDeadLetter(key, given, failure)
    assert.deepEqual([letter.reason, letter.deflated], [failure.reason, true])
    assert.ok(letter.sealed.length < 4_000_000)
    const again = recordOf(key, letter)
    assert.deepEqual([again.key, again.value], [given.key, given.value])
    assert.deepEqual({ ...again.headers }, given.headers)
  }
})

test('of one that cannot, the beginnings are sealed, and the letter says so', () => {
  const long = randomBytes(5_000_000)
  for (const content of [{ key: long }, { value: long }, { headers: { long, other: Buffer.from('y') } }]) {
    const letter = sealDeadLetter(key, record(content), failure)
    assert.equal(letter.reason, `${failure.reason}_cut`)
    assert.ok(isCut(letter))
    assert.ok(letter.sealed.length < 4_000_000)
    openDeadLetter(key, letter)
  }
})

test('a source is the first of its header, as text; without one, or with an empty one, there is none', () => {
  const sourceOf = (value: unknown) =>
    sealDeadLetter(key, record({ headers: { source: value } as IHeaders }), failure).source
  assert.equal(sourceOf(Buffer.from('app')), 'app')
  assert.equal(sourceOf(['import:1', 'import:2']), 'import:1')
  assert.equal(sourceOf(undefined), null)
  assert.equal(sourceOf(null), null)
})

test('what could hold anything is not told: a trace that is none, a code that is a text', () => {
  const traceparent = 'ada@example.org'
  const letter = sealDeadLetter(key, record({ headers: { traceparent } }), {
    ...failure,
    code: 'ada of Oslo',
  })
  assert.deepEqual([letter.traceId, letter.errorCode], [null, 'DECODE_MALFORMED_AVRO'])
})

test('opened as a record it lies where it lay, and one that is refused again is the same letter', () => {
  fc.assert(
    fc.property(anyRecord, fc.nat(5), (original, refusals) => {
      const letter = sealDeadLetter(key, { ...original, refusals }, failure)
      const again = recordOf(key, letter)
      assert.equal(again.refusals, refusals + 1)
      const { id, attempt, sealed: _, summary, ...same } = letter
      const next = sealDeadLetter(key, again, failure)
      assert.deepEqual([next.id, next.attempt, next.summary], [id, attempt + 1, summary])
      assert.deepEqual({ ...same, sealed: 0 }, { ...withoutIdentity(next), sealed: 0 })
      assert.deepEqual(openDeadLetter(key, next), openDeadLetter(key, letter))
    }),
  )
})

const withoutIdentity = ({ id: _, attempt: __, summary: ___, ...rest }: DeadLetter) => rest
