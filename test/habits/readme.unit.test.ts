import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { sourceFiles } from '../kit/coverage/source-files.ts'
import { projectRoot } from './small-project.ts'

const read = (path: string) => readFileSync(join(projectRoot, path), 'utf8')

test('the test command of the README is what CI runs', () => {
  assert.match(read('README.md'), /npm ci && npm test\b/)
  assert.match(read('.ci/run'), /\nnpm ci\nnpm test\n$/)
  assert.equal(statSync(join(projectRoot, '.ci/run')).mode & 0o111, 0o111, 'executable')
  const { jobs } = parse(read('.github/workflows/ci.yml')) as {
    jobs: { test: { steps: { run?: string }[] } }
  }
  assert.deepEqual(
    jobs.test.steps.flatMap(({ run }) => run ?? []),
    ['.ci/run'],
  )
})

test('the README names every variable that the environment can set', () => {
  const readme = read('README.md')
  const unnamed = [...variables()].filter((name) => !readme.includes(`\`${name}\``))
  assert.deepEqual(unnamed, [])
})

/** Declared with a validator in cli/config.ts or in a file of variables beside it, or read where cli and stack meet the machine. */
function variables(): Set<string> {
  const places = sourceFiles(projectRoot).filter(({ path }) => /^(cli|stack)\//.test(path))
  return new Set(
    places.flatMap(({ path, text }) => {
      const declared = /^cli\/(config|[\w-]+-variables)\.ts$/.test(path)
        ? [...text.matchAll(/\b([A-Z][A-Z0-9_]{3,}): [\w]+\(/g)]
        : []
      return [...declared, ...text.matchAll(/\benv\.(CONTINUO_[A-Z0-9_]+)/g)].map(([, name]) => name!)
    }),
  )
}
