import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AvroFields } from '../../../cli/privacy/places/avro-fields.ts'
import { registryAt } from '../../../schemas/registry-at.ts'
import { type StubAnswer, registryStub } from '../../schemas/registry-stub.ts'

const text = (id: number, held: string) => {
  const header = Buffer.alloc(5)
  header.writeInt32BE(id, 1)
  return Buffer.concat([header, Buffer.from([2 * held.length]), Buffer.from(held)])
}

test('a value is read in the schema that its id names; one that nobody knows has no fields', async (t) => {
  const unknown: StubAnswer = { status: 404, body: { error_code: 40403, message: 'Schema not found' } }
  const stub = await registryStub(t, ({ what }) =>
    what.endsWith('/7') ? { status: 200, body: { schema: '"string"' } } : unknown,
  )
  const problems: string[] = []
  const fields = new AvroFields(registryAt(stub.url), (problem) => problems.push(problem))
  await fields.load([text(7, 'ada'), text(8, 'ada'), text(7, 'bob'), null])
  await fields.load([text(8, 'ada')])
  assert.deepEqual(fields.of(text(7, 'ada')), [['', Buffer.from('ada')]])
  assert.deepEqual(fields.of(text(8, 'ada')), [])
  assert.deepEqual([stub.requests.length, problems], [2, []])
})

test('a registry that stops is told of once, and not waited for', async (t) => {
  const stub = await registryStub(t, () => ({ status: 503, body: {} }))
  const problems: string[] = []
  const fields = new AvroFields(registryAt(stub.url), (problem) => problems.push(problem))
  for (const id of [1, 2]) await fields.load([text(id, 'ada')])
  assert.deepEqual([stub.requests.length, problems.length], [1, 1])
  assert.match(problems[0]!, /registry does not answer.*503/)
})
