import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { namespaces } from '../../gateway/live/channels/namespaces.ts'
import { disconnects, errors, unsubscribes } from '../../gateway/live/protocol/codes.ts'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/protocol.md'), 'utf8')
const rows = page.split('\n').filter((line) => line.startsWith('|'))
const cellsOf = (row: string) =>
  row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())

test('the page of the protocol has every namespace as it is', () => {
  for (const { title, history, subscribers } of namespaces) {
    const row = rows.find((each) => cellsOf(each)[0] === `\`${title}\``)
    assert.ok(row, title)
    const [, , , kept, publish, past, presence] = cellsOf(row)
    assert.match(kept!, new RegExp(`^${history.size}\\b`))
    const said = { publish, history: past, presence }
    for (const right of ['publish', 'history', 'presence'] as const)
      assert.equal(said[right] === 'subscribers', subscribers.includes(right), `${right} in ${title}`)
  }
})

test('it has every code that a client can see', () => {
  const said = new Set(page.slice(page.indexOf('## Codes')).match(/\b\d{3,4}\b/g))
  const { connectionClosed: _, ...sent } = disconnects
  for (const { code } of [...Object.values(sent), ...Object.values(errors), ...Object.values(unsubscribes)])
    assert.ok(said.has(String(code)), `${code}`)
})

test('the tests that it names are there', () => {
  const named = rows.flatMap((row) => (cellsOf(row)[2] ?? '').match(/(?<=`)\w+\/[\w-]+(?=`)/g) ?? [])
  assert.ok(named.length > 15)
  for (const name of named)
    assert.notEqual(globSync(`test/gateway/live/${name}.*.test.ts`, { cwd: root }).length, 0, name)
})
