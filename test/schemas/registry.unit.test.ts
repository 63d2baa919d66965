import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Schema } from 'avsc'
import pino from 'pino'
import { parseSchema } from '../../schemas/avro/parse.ts'
import { Codec } from '../../schemas/codec.ts'
import { avroSchema } from '../../schemas/event-schema.ts'
import { playV1 } from '../../schemas/events.ts'
import { type Registered, registeredType, registryAt } from '../../schemas/registry-at.ts'
import { SchemaRegistryError, connectRegistry } from '../../schemas/registry.ts'
import { topic } from '../../schemas/topic.ts'
import { until } from '../kit/until.ts'
import { type StubAnswer, freePort, registryStub } from './registry-stub.ts'

const log = pino({ level: 'silent' })
const levelAndId = { compatibilityLevel: 'FULL_TRANSITIVE', id: 7 }
const notFound: StubAnswer = { status: 404, body: { error_code: 40403, message: 'not found' } }

/** A pino log whose lines the test reads. */
function readableLog() {
  const lines: { level: number; msg: string; registry?: string }[] = []
  const readable = pino({}, { write: (line: string) => lines.push(JSON.parse(line) as (typeof lines)[0]) })
  return { log: readable, lines }
}

test('a schema is registered under its subject, which becomes fully compatible', async (t) => {
  const stub = await registryStub(t, ({ what }) =>
    what.startsWith('POST') ? { status: 200, body: { id: 7 } } : what.startsWith('GET') ? notFound : ok({}),
  )
  assert.equal(await connectRegistry(stub.url, log).register('plays-value', playV1.text), 7)
  assert.deepEqual(
    stub.requests.map(({ what }) => what),
    ['GET /config/plays-value', 'POST /subjects/plays-value/versions', 'PUT /config/plays-value'],
  )
  const [, posted, config] = stub.requests.map(({ body }) => JSON.parse(body || '{}') as object)
  assert.deepEqual(posted, { schema: playV1.text })
  assert.deepEqual(config, { compatibility: 'FULL_TRANSITIVE' })
})

test('what a schema uses of another subject is registered first, and named with the version that it has there', async (t) => {
  const text = '{"type":"record","name":"Address","fields":[{"name":"city","type":"string"}]}'
  const stub = await registryStub(t, ({ what }) => {
    if (what.startsWith('POST')) return ok({ id: what.includes('addresses') ? 3 : 7 })
    // The first version was deleted.
    if (what === 'GET /subjects/addresses-value/versions') return ok([2, 3])
    const version = /addresses-value\/versions\/([23])/.exec(what)?.[1]
    if (version === undefined) return what.startsWith('GET') ? notFound : ok({})
    return ok({ id: version === '3' ? 3 : 1, version: Number(version), schema: text })
  })
  const references = [{ name: 'Address', subject: 'addresses-value', text, references: [] }]
  const person = '{"type":"record","name":"Person","fields":[{"name":"home","type":"Address"}]}'
  assert.equal(await connectRegistry(stub.url, log).register('people-value', person, references), 7)
  const posted = stub.requests.filter(({ what }) => what.startsWith('POST'))
  assert.deepEqual(
    posted.map(({ what, body }) => [what, JSON.parse(body) as object]),
    [
      ['POST /subjects/addresses-value/versions', { schema: text }],
      [
        'POST /subjects/people-value/versions',
        { schema: person, references: [{ name: 'Address', subject: 'addresses-value', version: 3 }] },
      ],
    ],
  )
})

test('the path, user and password of the URL are used, and are in no log line', async (t) => {
  const { log: readable, lines } = readableLog()
  let away = true
  const stub = await registryStub(t, () => {
    const answer = away ? { status: 503, body: {} } : ok({ schema: '"string"' })
    away = false
    return answer
  })
  const url = stub.url.replace('//', '//reader:p%40ss@')
  await connectRegistry(`${url}/apis/ccompat/v7/`, readable).schemaById(3)
  assert.equal(stub.requests.at(-1)?.what, 'GET /apis/ccompat/v7/schemas/ids/3')
  assert.equal(stub.requests.at(-1)?.authorization, `Basic ${Buffer.from('reader:p@ss').toString('base64')}`)
  assert.equal(lines.length, 1)
  assert.doesNotMatch(JSON.stringify(lines), /reader|p@ss|p%40ss/)
})

test('a schema id that the registry does not know is undefined', async (t) => {
  const stub = await registryStub(t, () => notFound)
  assert.equal(await connectRegistry(stub.url, log).schemaById(99), undefined)
})

const of = (name: string, type: unknown) => ({ type: 'record', name, fields: [{ name: 'at', type }] })
const micros = { type: 'long', logicalType: 'timestamp-micros' }

test('millionths of a second that a registry tells of are not read as thousandths', async (t) => {
  const stub = await registryStub(t, () => ok({ schema: JSON.stringify(of('Seen', micros)) }))
  const codec = new Codec(connectRegistry(stub.url, log))
  const bytes = Buffer.from([0, 0, 0, 0, 7, 0x80, 0x84, 0xd6, 0xb2, 0xbc, 0xce, 0xe3, 0x05])
  await codec.load([bytes])
  const seen = (type: object) =>
    topic('seen', avroSchema<object>('seen.v1', of('Seen', type) as Schema), 'any')
  const millis = seen({ type: 'long', logicalType: 'timestamp-millis' })
  assert.throws(() => codec.decode(millis, bytes), { reason: 'incompatible_schema' })
  assert.deepEqual(
    { ...codec.decode({ ...millis, value: seen(micros).value }, bytes) },
    { at: 1_626_426_321_846_528 },
  )
})

test('a schema comes with all that it refers to, and what that refers to', async (t) => {
  const answers: Readonly<Record<string, object>> = {
    '/schemas/ids/5': {
      schema: JSON.stringify(of('Play', 'other.Place')),
      references: [{ name: 'other.Place', subject: 'places', version: 2 }],
    },
    '/subjects/places/versions/2': {
      schema: JSON.stringify({ ...of('Place', 'Moment'), namespace: 'other' }),
      references: [{ name: 'other.Moment', subject: 'moments', version: 1 }],
    },
    '/subjects/moments/versions/1': {
      schema: JSON.stringify({ ...of('Moment', micros), namespace: 'other' }),
    },
  }
  const stub = await registryStub(t, ({ what }) => ok(answers[what.replace('GET ', '')]))
  const text = await connectRegistry(stub.url, log).schemaById(5)
  assert.deepEqual(
    parseSchema(JSON.parse(text!) as Schema).schema({ exportAttrs: true }),
    of('Play', { ...of('other.Place', { ...of('other.Moment', micros) }) }),
  )
})

test('a schema that is not Avro is no schema of ours', async (t) => {
  const stub = await registryStub(t, () => ok({ schemaType: 'JSON', schema: '{"type":"object"}' }))
  assert.equal(await connectRegistry(stub.url, log).schemaById(4), undefined)
})

test('a schema that the registry took but that cannot be used is none', async (t) => {
  const stub = await registryStub(t, () => ok({ schema: '{"type":"enum","name":"E","symbols":[]}' }))
  assert.equal(await connectRegistry(stub.url, log).schemaById(5), undefined)
})

test('while nobody listens calls wait, say so, and go on when it is there', async (t) => {
  const port = await freePort()
  const { log: readable, lines } = readableLog()
  const asked = connectRegistry(`http://127.0.0.1:${port}`, readable).schemaById(1)
  await until(() => lines.length >= 2, { what: 'two warnings' })
  assert.ok(lines.every(({ level, msg }) => level === 40 && msg === 'schema registry does not answer'))
  await registryStub(t, () => ok({ schema: '"long"' }), port)
  assert.equal(await asked, '"long"')
})

for (const [name, answer] of [
  ['drops the connection', undefined],
  ['answers 500', { status: 500, body: { message: 'no leader' } }],
  ['answers 503', { status: 503, body: {} }],
  ['answers 429', { status: 429, body: {} }],
  ['is behind a proxy that knows no such page', { status: 404, body: {}, html: '<h1>Not Found</h1>' }],
  ['is behind one that says so in JSON', { status: 404, body: { message: 'no Route matched' } }],
  ['is behind one with codes of its own', { status: 404, body: { error_code: 404 } }],
  ['answers with a page', { status: 200, body: {}, html: '<h1>Maintenance</h1>' }],
  ...[
    null,
    {},
    [],
    'maintenance',
    { status: 'starting' },
    { schema: null },
    ...[{}, [null]].map((references) => ({ schema: '"long"', references })),
  ].map((body) => [`answers ${JSON.stringify(body)}`, { status: 200, body }] as const),
] as const)
  test(`a registry that ${name} is asked again`, async (t) => {
    let calls = 0
    const stub = await registryStub(t, () => (++calls < 3 ? answer : ok({ schema: '"long"' })))
    assert.equal(await connectRegistry(stub.url, log).schemaById(1), '"long"')
    assert.equal(calls, 3)
  })

test('references and a kind that are null are none', async (t) => {
  const stub = await registryStub(t, () => ok({ schema: '"long"', schemaType: null, references: null }))
  assert.equal(await connectRegistry(stub.url, log).schemaById(1), '"long"')
})

test('a schema that refers to itself cannot be used; one that is referred to in two ways can', async (t) => {
  const empty = (name: string) => JSON.stringify({ type: 'record', name, fields: [] })
  const refersTo = (...subjects: string[]) => subjects.map((subject) => ({ subject, version: 1 }))
  const answers: Readonly<Record<string, object>> = {
    '/schemas/ids/5': { schema: empty('X'), references: refersTo('a') },
    '/subjects/a/versions/1': { schema: empty('A'), references: refersTo('b') },
    '/subjects/b/versions/1': { schema: empty('B'), references: refersTo('a') },
    '/schemas/ids/6': { schema: empty('X'), references: refersTo('c', 'd') },
    '/subjects/c/versions/1': { schema: empty('C'), references: refersTo('e') },
    '/subjects/d/versions/1': { schema: empty('D'), references: refersTo('e') },
    '/subjects/e/versions/1': { schema: '"long"' },
  }
  const stub = await registryStub(t, ({ what }) => ok(answers[what.replace('GET ', '')]))
  await assert.rejects(registeredType(registryAt(stub.url), answers['/schemas/ids/5'] as Registered), {
    name: 'UnusableSchemaError',
    message: 'version 1 of subject a refers to itself',
  })
  assert.equal(await connectRegistry(stub.url, log).schemaById(5), undefined)
  assert.ok(await connectRegistry(stub.url, log).schemaById(6))
})

for (const answer of [null, {}, [], { id: '7' }, ...[0, -1, 1.5, 2 ** 40].map((id) => ({ id }))])
  test(`what answers a registration with ${JSON.stringify(answer)} is no registry, and is asked again`, async (t) => {
    let calls = 0
    const stub = await registryStub(t, ({ what }) => {
      if (what.startsWith('POST')) return ok(++calls < 3 ? answer : { id: 7 })
      return what.startsWith('GET') ? notFound : ok({})
    })
    assert.equal(await connectRegistry(stub.url, log).register('plays-value', playV1.text), 7)
    assert.equal(calls, 3)
  })

test('what answers for the level of compatibility with a page is no registry, and is asked again', async (t) => {
  let calls = 0
  const stub = await registryStub(t, ({ what }) =>
    what.startsWith('GET') && ++calls < 3 ? { ...ok({}), html: '<h1>Maintenance</h1>' } : ok(levelAndId),
  )
  assert.equal(await connectRegistry(stub.url, log).register('plays-value', playV1.text), 7)
})

test('an incompatible schema is refused at once, by the name of its subject and with the remedy', async (t) => {
  const stub = await registryStub(t, ({ what }) =>
    what.startsWith('GET')
      ? ok({ compatibilityLevel: 'FULL_TRANSITIVE' })
      : { status: 409, body: { error_code: 409, message: 'READER_FIELD_MISSING_DEFAULT_VALUE' } },
  )
  await assert.rejects(connectRegistry(stub.url, log).register('plays-value', playV1.text), (error) => {
    assert.ok(error instanceof SchemaRegistryError)
    assert.match(
      error.message,
      /subject plays-value: .*READER_FIELD_MISSING_DEFAULT_VALUE.* Give new fields a default/,
    )
    return true
  })
})

test('a schema that Avro does not allow is to be mended, and not the URL', async (t) => {
  const invalid = { status: 422, body: { error_code: 42201, message: 'Invalid Avro schema' } }
  const stub = await registryStub(t, ({ what }) => (what.startsWith('GET') ? notFound : invalid))
  for (const text of ['{"type":"enum","name":"E","symbols":[]}', '"long"'])
    await assert.rejects(connectRegistry(stub.url, log).register('plays-value', text), (error: Error) => {
      assert.match(error.message, /plays-value: .*\. Mend the schema/)
      assert.doesNotMatch(error.message, /URL/)
      return true
    })
})

test('a subject that allows less than full compatibility is refused at once', async (t) => {
  const stub = await registryStub(t, () => ok({ compatibilityLevel: 'BACKWARD' }))
  await assert.rejects(
    connectRegistry(stub.url, log).register('plays-value', playV1.text),
    /subject plays-value: .*FULL_TRANSITIVE != BACKWARD.* Check .*FULL_TRANSITIVE/,
  )
})

test('a subject whose registration was killed before it became fully compatible becomes so at the next one', async (t) => {
  let compatibilityLevel = 'NONE'
  const stub = await registryStub(t, ({ what, body }) => {
    if (what.startsWith('POST')) return ok({ id: 7 })
    if (what.startsWith('PUT'))
      compatibilityLevel = (JSON.parse(body) as { compatibility: string }).compatibility
    return ok({ compatibilityLevel })
  })
  assert.equal(await connectRegistry(stub.url, log).register('plays-value', playV1.text), 7)
  assert.equal(compatibilityLevel, 'FULL_TRANSITIVE')
})

test('a registry that does not let a subject become compatible is refused, and not asked without end', async (t) => {
  const stub = await registryStub(t, () => ok({ compatibilityLevel: 'NONE' }))
  await assert.rejects(
    connectRegistry(stub.url, log).register('plays-value', playV1.text),
    /subject plays-value: .*FULL_TRANSITIVE != NONE/,
  )
})

test('a refused login is an error, not an endless wait', async (t) => {
  const stub = await registryStub(t, () => ({ status: 401, body: { message: 'Unauthorized' } }))
  const registry = connectRegistry(stub.url, log)
  await assert.rejects(registry.register('plays-value', playV1.text), /plays-value: .*Unauthorized.*URL/)
  await assert.rejects(registry.schemaById(1), /Unauthorized/)
})

function ok(body: unknown): StubAnswer {
  return { status: 200, body }
}
