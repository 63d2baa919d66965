import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { hours } from '../../../pipelines/engine/index.ts'
import { topologies } from '../../../pipelines/topologies/index.ts'

const folder = join(import.meta.dirname, '../../../pipelines/topologies')
const options = { pseudonymKey: Buffer.alloc(32, 1), rememberMs: hours(1) }

test('every file of pipelines/topologies is in its index, under the name of the file', () => {
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts') && file !== 'index.ts')
  for (const name of files.map((file) => file.slice(0, -'.ts'.length)))
    assert.ok(
      Object.hasOwn(topologies, name),
      `pipelines/topologies/${name}.ts is run by nobody: add '${name}' to pipelines/topologies/index.ts`,
    )
})

test('a topology is called what the index calls it: metrics and consumer groups bear that name', () => {
  for (const [name, make] of Object.entries(topologies)) {
    const called = make(options).name
    assert.equal(
      called,
      name,
      `pipelines/topologies/index.ts calls it '${name}', its file topology('${called}', …): make them agree`,
    )
  }
})
