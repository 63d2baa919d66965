import assert from 'node:assert/strict'
import { test } from 'node:test'
import { publicationsIn } from '../../../../gateway/live/channels/channel-log.ts'

const entry = (offset: number, characters: number): [string, string[]] => [
  `${offset}-0`,
  ['data', JSON.stringify('x'.repeat(characters - 2))],
]
const offsets = (entries: [string, string[]][]) => publicationsIn(entries, 100).map(({ offset }) => offset)

test('messages are read as far as they fit, and the first even if it does not', () => {
  assert.deepEqual(offsets([entry(1, 40), entry(2, 40), entry(3, 40)]), [1, 2])
  assert.deepEqual(offsets([entry(7, 101)]), [7])
  assert.deepEqual(offsets([entry(7, 101), entry(8, 10)]), [7])
})
