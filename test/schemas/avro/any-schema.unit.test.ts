import assert from 'node:assert/strict'
import { test } from 'node:test'
import avro from 'avsc'
import fc from 'fast-check'
import { fits } from '../../../schemas/avro/fits.ts'
import { parseSchema } from '../../../schemas/avro/parse.ts'
import { problemsOf } from '../../../schemas/compatibility.ts'
import { schemas, valueOf } from './random-schemas.ts'
import { readAs, written } from './through.ts'

/** A schema, and values of it. */
const withValues = schemas.chain((schema) =>
  fc.tuple(fc.constant(schema), fc.array(valueOf(parseSchema(schema)), { minLength: 1, maxLength: 3 })),
)

test('what is written is read back by its own schema, whatever it is', () => {
  const property = fc.property(withValues, ([schema, values]) => {
    const type = parseSchema(schema)
    for (const value of values) assert.deepEqual(readAs(type, type, written(type, value)), value)
  })
  fc.assert(property, { numRuns: 500, endOnFailure: true })
})

test('what is written is what avsc reads, and writes the same', () => {
  const property = fc.property(withValues, ([schema, values]) => {
    const oracle = avro.Type.forSchema(schema, { wrapUnions: true })
    for (const value of values) {
      const bytes = written(parseSchema(schema), value)
      assert.deepEqual(oracle.toBuffer(oracle.fromBuffer(bytes)), bytes)
    }
  })
  fc.assert(property, { numRuns: 500, endOnFailure: true })
})

test('what the check of versions allows, the reader reads', () => {
  let allowed = 0
  const property = fc.property(withValues, schemas, ([schema, values], other) => {
    const [writer, reader] = [schema, other].map((each) => parseSchema(each)) as [avro.Type, avro.Type]
    const versions = [{ id: 'v1', type: writer }]
    if (problemsOf({ id: 'v2', type: reader }, versions, 'BACKWARD').length > 0) return
    allowed++
    for (const value of values) {
      try {
        const read = readAs(writer, reader, written(writer, value))
        assert.ok(fits(reader, read), JSON.stringify(read))
      } catch (error) {
        // By the specification a text may be read as a UUID, which it need not be.
        assert.equal((error as Error).message, 'not a UUID')
      }
    }
  })
  fc.assert(property, { numRuns: 2_000, endOnFailure: true })
  assert.ok(allowed > 50, `${allowed} pairs were allowed`)
})
