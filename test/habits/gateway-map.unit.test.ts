import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { projectRoot } from './small-project.ts'

const live = join(projectRoot, 'gateway/live')
const map = readFileSync(join(live, 'README.md'), 'utf8')

test('the map of the gateway has every folder, and no file that is gone', () => {
  const entries = readdirSync(live, { withFileTypes: true })
  for (const { name } of entries.filter((entry) => entry.isDirectory()))
    assert.ok(map.includes(`| \`${name}/\``), `${name} is not on it`)
  const named = map.match(/\b[\w/-]+\.(?:ts|lua)\b/g) ?? []
  assert.ok(named.length > 15)
  for (const path of named)
    assert.ok(
      [live, projectRoot].some((root) => existsSync(join(root, path))),
      `${path} is gone`,
    )
})
