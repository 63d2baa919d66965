import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { sourceFiles } from '../kit/coverage/source-files.ts'
import { projectRoot } from './small-project.ts'

test('the README names every variable that the environment can set', () => {
  const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8')
  const unnamed = [...variables()].filter((name) => !readme.includes(`\`${name}\``))
  assert.deepEqual(unnamed, [])
})

/** Declared with a validator in cli/config.ts, or read where cli and stack meet the machine. */
function variables(): Set<string> {
  const places = sourceFiles(projectRoot).filter(({ path }) => /^(cli|stack)\//.test(path))
  return new Set(
    places.flatMap(({ path, text }) => {
      const declared = path === 'cli/config.ts' ? [...text.matchAll(/\b([A-Z][A-Z0-9_]{3,}): [\w]+\(/g)] : []
      return [...declared, ...text.matchAll(/\benv\.(CONTINUO_[A-Z0-9_]+)/g)].map(([, name]) => name!)
    }),
  )
}
