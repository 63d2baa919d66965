import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  connectionDetail,
  connectionLabel,
  resumptionText,
} from '../../../../dashboards/web/model/connection.ts'

test('each state has a label and says what the reader must know', () => {
  assert.equal(connectionLabel({ kind: 'connecting' }), 'Connecting')
  assert.equal(connectionDetail({ kind: 'connecting' }), '')
  assert.equal(connectionDetail({ kind: 'connecting', trouble: 'No answer.' }), 'No answer.')
  assert.equal(connectionLabel({ kind: 'live' }), 'Live')
  assert.equal(connectionDetail({ kind: 'live' }), '')
  assert.equal(connectionLabel({ kind: 'lost', since: 0 }), 'Reconnecting')
  assert.match(
    connectionDetail({ kind: 'lost', since: 0 }),
    /lost at \d\d:\d\d:\d\d\. The figures are from then/,
  )
  assert.equal(connectionLabel({ kind: 'refused', reason: 'no' }), 'Not connected')
  assert.equal(connectionDetail({ kind: 'refused', reason: 'no' }), 'no')
})

test('a resumption says what was replayed', () => {
  assert.equal(
    resumptionText({ recovered: true, replayed: 0, awayMs: 20 }),
    'Resumed after 1 s: no update was missed.',
  )
  assert.equal(
    resumptionText({ recovered: true, replayed: 1, awayMs: 2_000 }),
    'Resumed after 2 s: 1 missed update replayed, none lost.',
  )
  assert.equal(
    resumptionText({ recovered: true, replayed: 1204, awayMs: 180_000 }),
    'Resumed after 3 min: 1,204 missed updates replayed, none lost.',
  )
})

test('a resumption says what could not be recovered', () => {
  assert.match(
    resumptionText({ recovered: false, missed: 812, awayMs: 60_000 }),
    /^Resumed from now after 60 s: 812 missed updates not recovered\./,
  )
  assert.match(
    resumptionText({ recovered: false, missed: undefined, awayMs: 60_000 }),
    /: updates in between not recovered\./,
  )
})
