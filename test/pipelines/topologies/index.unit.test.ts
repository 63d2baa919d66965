import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { shapeOf, topologyNames } from '../../../cli/shapes.ts'
import { topologies } from '../../../pipelines/topologies/index.ts'

const folder = join(import.meta.dirname, '../../../pipelines/topologies')

test('every file of pipelines/topologies is in its index, under the name of the file', () => {
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts') && file !== 'index.ts')
  for (const name of files.map((file) => file.slice(0, -'.ts'.length)))
    assert.ok(
      Object.hasOwn(topologies, name),
      `pipelines/topologies/${name}.ts is run by nobody: add '${name}' to pipelines/topologies/index.ts`,
    )
})

test('a topology is called what the index calls it: metrics and consumer groups bear that name', () => {
  for (const name of topologyNames) {
    const called = shapeOf(name).name
    assert.equal(
      called,
      name,
      `pipelines/topologies/index.ts calls it '${name}', its file topology('${called}', …): make them agree`,
    )
  }
})
