import assert from 'node:assert/strict'
import { test } from 'node:test'
import { graphNode } from '../../../pipelines/engine/graph.ts'
import { Outlet } from '../../../pipelines/engine/outlet.ts'

test('all that listen are given a row, in the order in which they came; who comes or leaves amid it, from the next on', () => {
  const outlet = new Outlet<number>(graphNode('read', 'numbers', []))
  const given: string[] = []
  const listen = (name: string) => outlet.rows.subscribe((row) => given.push(`${name}${row}`))
  outlet.rows.subscribe((row) => {
    given.push(`a${row}`)
    if (row === 1) {
      leaving.unsubscribe()
      listen('c')
    }
  })
  const leaving = listen('b')
  for (const row of [0, 1, 2]) outlet.next(row)
  assert.deepEqual(given, ['a0', 'b0', 'a1', 'a2', 'c2'])
})
