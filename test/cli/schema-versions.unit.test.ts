import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registeredVersions, schemaVersions } from '../../cli/schema-versions.ts'
import { type StubAnswer, registryStub } from '../schemas/registry-stub.ts'

const ok = (body: unknown): StubAnswer => ({ status: 200, body })
const micros = { type: 'long', logicalType: 'timestamp-micros' }

test('all versions of a subject are read, the first one first, logical types included', async (t) => {
  const stub = await registryStub(t, ({ what }) =>
    ok(
      what.endsWith('/versions') ? [2, 1] : { schema: JSON.stringify(what.endsWith('/1') ? 'long' : micros) },
    ),
  )
  const found = await registeredVersions(stub.url, 'plays/value')
  assert.deepEqual(
    found.map(({ id, type }) => [id, type.schema({ exportAttrs: true })]),
    [
      ['version 1', 'long'],
      ['version 2', micros],
    ],
  )
  assert.equal(stub.requests[0]?.what, 'GET /subjects/plays%2Fvalue/versions')
})

test('a subject that is not there has none', async (t) => {
  const stub = await registryStub(t, () => ({ status: 404, body: { error_code: 40401 } }))
  assert.deepEqual(await registeredVersions(stub.url, 'plays-value'), [])
})

for (const [what, answer, told] of [
  ['refuses', { status: 401, body: { message: 'Unauthorized' } }, /plays-value has: 401 Unauthorized/],
  ['fails', { status: 500, body: { message: 'no leader' } }, /plays-value has: 500 no leader/],
  ['is not there', undefined, /plays-value has: .*\. Check SCHEMA_REGISTRY_URL/],
  ['is no registry', { status: 200, body: '', html: '<html>' }, /plays-value has: .* no schema registry/],
] as const)
  test(`a registry that ${what} is not taken for one where nothing is registered, but in a report`, async (t) => {
    const stub = await registryStub(t, () => answer)
    await assert.rejects(registeredVersions(stub.url, 'plays-value'), (error: Error) => {
      assert.equal(error.name, 'SchemaRegistryError')
      assert.match(error.message, told)
      return true
    })
    assert.deepEqual([...(await schemaVersions(stub.url, ['plays-value']))], [])
  })

test('a schema that is not Avro is refused by its name', async (t) => {
  const stub = await registryStub(t, ({ what }) =>
    ok(what.endsWith('/versions') ? [1] : { schemaType: 'PROTOBUF', schema: 'syntax = "proto3";' }),
  )
  await assert.rejects(registeredVersions(stub.url, 'plays-value'), {
    name: 'SchemaRegistryError',
    message: /plays-value .*PROTOBUF, not AVRO/,
  })
})
