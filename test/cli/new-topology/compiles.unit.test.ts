import assert from 'node:assert/strict'
import { test } from 'node:test'
import { projectCopy, run } from './project-copy.ts'

const tsc = 'node_modules/typescript/bin/tsc'

test('what is written compiles, and its test and those of the schemas pass', async (t) => {
  const root = await projectCopy(t)
  const written = await run(root, 'cli/main.ts', 'new', 'topology', 'made-by-a-test', '--by', 'platform')
  assert.deepEqual([written.code, written.stderr], [0, ''])
  const types = run(root, tsc, '--noEmit', '--project', 'tsconfig.copy.json')
  const tests = run(
    root,
    '--test',
    'test/pipelines/topologies/made-by-a-test.unit.test.ts',
    'test/pipelines/topologies/index.unit.test.ts',
    ...['types', 'names', 'migrations'].map((subject) => `test/schemas/${subject}.unit.test.ts`),
  )
  assert.deepEqual(await types, { code: 0, stdout: '', stderr: '' })
  const { code, stdout } = await tests
  assert.equal(code, 0, stdout)
  assert.match(stdout, /plays are counted by platform and hour/)
})
