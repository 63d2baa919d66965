import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requirePlaysAlone } from '../../../../cli/backfill/history/require-plays-alone.ts'

test('a topology has all its history in the table of plays if it reads clean plays alone', () => {
  requirePlaysAlone({ name: 'minutes', inputs: ['plays-clean'] })
})

test('what else it reads is named, and so is the remedy', () => {
  for (const inputs of [['plays-clean', 'profiles'], ['plays']])
    assert.throws(() => requirePlaysAlone({ name: 'minutes', inputs }), {
      name: 'BackfillError',
      message: `minutes reads ${inputs.join(', ')}, but all history there is only of plays-clean, in ClickHouse: take what the topics have kept, by \`continuo backfill minutes --from kept\``,
    })
})
