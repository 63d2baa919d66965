import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isRecommendationsUpdate } from '../../../../dashboards/web/model/recommendations.ts'
import { recommended } from '../../recommended.ts'

const list = {
  recommendationId: 'ada.1',
  modelVersion: 'v1',
  items: [recommended('a', { reason: 'played', becauseArtistId: 'b', becauseArtistName: 'B' })],
  madeAt: 1,
  receivedAt: 2,
}
const [artist] = list.items

test('a list as the channel promises it is taken', () => {
  assert.ok(isRecommendationsUpdate(list))
  assert.ok(isRecommendationsUpdate({ ...list, items: [], added: 'later' }))
  assert.ok(isRecommendationsUpdate({ ...list, items: [{ ...artist, reason: 'of the future' }] }))
})

for (const [what, value] of Object.entries({
  'no id': { ...list, recommendationId: undefined },
  'no model version': { ...list, modelVersion: 7 },
  'no items': { ...list, items: undefined },
  'null for an artist': { ...list, items: [null] },
  'an artist without an id': { ...list, items: [{ ...artist, artistId: undefined }] },
  'an artist without a name': { ...list, items: [{ ...artist, artistName: null }] },
  'a reason that is no text': { ...list, items: [{ ...artist, reason: ['played'] }] },
  'a cause that is no text': { ...list, items: [{ ...artist, becauseArtistId: 7 }] },
  'a missing name of the cause': { ...list, items: [{ ...artist, becauseArtistName: undefined }] },
  'a score that is text': { ...list, items: [{ ...artist, score: 'high' }] },
  'no time': { ...list, madeAt: null },
  'a time that is text': { ...list, receivedAt: 'now' },
})) {
  test(`${what} is refused`, () => assert.equal(isRecommendationsUpdate(value), false))
}

test('whatever comes, it is judged and not thrown at', () => {
  const lists = fc.record({ recommendationId: fc.string(), items: fc.array(fc.anything()) })
  fc.assert(
    fc.property(fc.oneof(fc.anything(), lists), (value) => {
      assert.equal(isRecommendationsUpdate(value), false)
    }),
  )
})
