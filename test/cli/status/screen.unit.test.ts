import assert from 'node:assert/strict'
import { test } from 'node:test'
import { draw, wrapped } from '../../../cli/status/screen.ts'

test('a sentence is wrapped at words, and goes on below its first word', () => {
  assert.deepEqual(wrapped('  → one two three four', 14), ['  → one two', '    three four'])
  assert.deepEqual(wrapped('  → incomprehensibilities all', 10), ['  → incomprehensibilities', '    all'])
})

test('what is drawn covers what was there, and fits the terminal', () => {
  let written = ''
  draw({ write: (text) => (written += text), columns: 10, rows: 4 }, [
    '0123456789abc',
    '',
    '→ a bcdefgh i',
    'left out',
  ])
  assert.equal(written, '\x1b[H0123456789\x1b[K\n\x1b[K\n→ a\x1b[K\n\x1b[J')
})
