import assert from 'node:assert/strict'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import prettier from 'prettier'
import { type Countable, countable } from '../../../cli/new-topology/names.ts'
import { newTopology } from '../../../cli/new-topology/new-topology.ts'
import { filesOf, projectCopy, run } from './project-copy.ts'

test('several one after another are written as the formatter has it, be their names short or long', async (t) => {
  const root = await projectCopy(t)
  const names = ['tested', 'made-by-a-test', 'made-by-a-test-of-long-names', 'a'.repeat(30)]
  for (const by of Object.keys(countable) as Countable[]) {
    const name = names.pop()!
    for (const { path } of await newTopology({ root, name, by })) {
      const text = await readFile(join(root, path), 'utf8')
      const style = {
        semi: false,
        singleQuote: true,
        printWidth: 110,
        filepath: path.replace('avsc', 'json'),
      }
      assert.equal(await prettier.format(text, style), text, `${path} of ${name}`)
    }
  }
  const migrations = (await readdir(join(root, 'schemas/migrations'))).filter((file) => /^\d/.test(file))
  assert.equal(new Set(migrations.map((file) => file.slice(0, 3))).size, migrations.length)
  const described = await run(root, 'cli/main.ts', 'topology', 'describe')
  assert.match(described.stdout, /^tested: plays-clean ──▶ tested-live, tested, tested-late$/m)
})

test('it says which files it has written and changed, and what comes next', async (t) => {
  const root = await projectCopy(t)
  const before = await filesOf(root)
  const { stdout } = await run(root, 'cli/main.ts', 'new', 'topology', 'made-by-a-test')
  const after = await filesOf(root)
  const wrote = after.filter((path) => !before.includes(path)).sort()
  assert.deepEqual([...stdout.matchAll(/^wrote {3}(.*)$/gm)].map(([, path]) => path).sort(), wrote)
  assert.deepEqual(
    [...stdout.matchAll(/^changed (.*)$/gm)].map(([, path]) => path),
    [
      'schemas/events.ts',
      'schemas/topics.ts',
      'schemas/migrations/index.ts',
      'pipelines/topologies/index.ts',
    ],
  )
  assert.match(stdout, /npm run test:unit -- made-by-a-test\n/)
})
