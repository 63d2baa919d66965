import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '../..')

test('every threat names tests that there are, or none needs one', () => {
  const rows = readFileSync(join(root, 'docs/threats.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split('|').at(-2)!)
  const names = rows.flatMap((tests) => [...tests.matchAll(/`([\w/-]+\.\w+)`/g)].map(([, name]) => name!))
  assert.ok(names.length > 30)
  assert.deepEqual(
    names.filter((name) => !existsSync(join(root, 'test/gateway/live', `${name}.test.ts`))),
    [],
  )
})
