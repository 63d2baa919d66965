import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { typeFile, typeFiles } from '../../cli/schemas/types.ts'

const root = join(import.meta.dirname, '../..')

for (const [path, text] of typeFiles(root))
  test(`${path} says what its schema says`, () => {
    assert.equal(readFileSync(join(root, path), 'utf8'), text, 'run `npm run schemas:types`')
  })

test('there is no TypeScript of a schema that is none any more', () => {
  const made = readdirSync(join(root, 'schemas/events')).filter((file) => file.endsWith('.ts'))
  const wanted = [...typeFiles(root).keys()]
  for (const file of made) assert.ok(wanted.includes(`schemas/events/${file}`), `remove ${file}`)
})

test('every type of Avro has one in TypeScript', () => {
  const type = (name: string, schema: unknown) => ({ name, type: schema })
  const text = typeFile(
    'all.v1',
    JSON.stringify({
      type: 'record',
      name: 'All',
      fields: [
        type('flag', 'boolean'),
        type('count', { type: 'long', logicalType: 'timestamp-micros' }),
        type('day', ['null', { type: 'int', logicalType: 'date' }]),
        type('kind', { type: 'enum', name: 'Kind', symbols: ['a', 'b'] }),
        type('hash', { type: 'fixed', name: 'Hash', size: 2 }),
        type('names', { type: 'map', values: ['string', 'null'] }),
        type('next', ['null', 'All']),
        type('parts', { type: 'array', items: ['null', { type: 'record', name: 'Part', fields: [] }] }),
      ],
    }),
  )
  assert.match(text, /export interface Part \{\n\n\}\n\nexport interface All \{/)
  assert.deepEqual(text.match(/^ {2}.*$/gm), [
    '  flag: boolean',
    '  count: number',
    '  day: number | null',
    "  kind: 'a' | 'b'",
    '  hash: Buffer',
    '  names: Record<string, string | null>',
    '  next: All | null',
    '  parts: (Part | null)[]',
  ])
})
