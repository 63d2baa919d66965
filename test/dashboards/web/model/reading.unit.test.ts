import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isStale, readingText } from '../../../../dashboards/web/model/reading.ts'

const at = (minute: number) => new Date(2026, 2, 1, 21, minute, 7).getTime()
const trouble = { reason: 'ClickHouse did not answer the query: check that it runs', since: at(42) }

test('what was read says as of when, and of an old answer that there should be a newer one', () => {
  assert.equal(readingText({}, at(40)), 'Loading…')
  assert.equal(readingText({ askedAt: at(40) }, at(41)), 'as of 21:40:07')
  assert.equal(readingText({ askedAt: at(40) }, at(45)), 'as of 21:40:07: nothing newer is to be had yet')
  assert.deepEqual(
    [at(40), at(42), at(43)].map((now) => isStale({ askedAt: at(40) }, now)),
    [false, false, true],
  )
})

test('what cannot be read says why, and what is shown instead since when', () => {
  assert.equal(readingText({ trouble }, at(43)), `Not to be had: ${trouble.reason}`)
  assert.equal(
    readingText({ askedAt: at(40), trouble }, at(43)),
    `Not to be had since 21:42:07, this is as of 21:40:07. ${trouble.reason}`,
  )
  assert.equal(isStale({ trouble }, at(43)), true)
  assert.equal(isStale({}, at(43)), false)
})
