import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CommitBoard } from '../../../../pipelines/engine/kafka/commit-board.ts'

const [plays, totals] = ['plays', 'totals'].map((topic) => ({ topic, partition: 1 })) as [At, At]
interface At {
  topic: string
  partition: number
}
const idle = { partition: 1, waitsFor: [], openWindows: 0, rows: 0 }

test('partitions are taken over, read from an offset that is known or not, committed, and lost', () => {
  const board = new CommitBoard()
  board.takesOver([plays, totals], 5)
  assert.deepEqual(board.tasks(), [{ ...idle, phase: 'restoring', since: 5 }])
  board.runs([plays, totals], new Map([['plays:1', 100n]]))
  assert.deepEqual(board.tasks(), [{ ...idle, phase: 'running', since: 5 }])

  board.commits(
    [
      { ...plays, offset: 110n },
      { ...plays, partition: 2, offset: 9n },
    ],
    20,
  )
  const once = { ...idle, phase: 'running', since: 5, rows: 10, committedAt: 20, position: 110 }
  assert.deepEqual(board.tasks(), [once])
  board.commits([{ ...totals, offset: 40n }], 30)
  board.commits([{ ...totals, offset: 43n }], 40)
  assert.deepEqual(board.tasks(), [{ ...once, rows: 13, committedAt: 40, position: 153 }])

  board.loses([plays, totals])
  assert.deepEqual(board.tasks(), [])
})
