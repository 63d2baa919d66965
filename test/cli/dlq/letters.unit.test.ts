import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FoundLetter, asListed } from '../../../cli/dlq/letters.ts'
import { deadLetter } from '../../kit/builders.ts'

function found(id: string, attempt: number): FoundLetter {
  const { sealed: _, ...letter } = deadLetter({ id, attempt })
  return { ...letter, setAsideAt: 0, at: `dead-letters:0:${id}`, replayed: false }
}

test('what was set aside anew while somebody was asked, or came new, is not what they were asked about', () => {
  const listed = [found('stays', 0), found('again', 0), found('purged', 0)]
  const now = [found('stays', 0), found('again', 1), found('new', 0)]
  assert.deepEqual(
    asListed(listed, now).map(({ id }) => id),
    ['stays'],
  )
})
