import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import fc from 'fast-check'
import { makeArtifact } from '../../../../pipelines/model/artifact/make-artifact.ts'
import { makeList } from '../../../../pipelines/model/listener/make-list.ts'
import { type Rules, noRules } from '../../../../pipelines/model/listener/rules.ts'
import { type Taste, type Tastes, noTastes, playsOf } from '../../../../pipelines/model/listener/tastes.ts'
import { Model } from '../../../../pipelines/model/serve/model.ts'
import { crowds, playsOf as trainingOf, small } from '../../../kit/model-plays.ts'

const DAY = 24 * 3_600_000
const NOON = Date.UTC(2026, 0, 1, 12)
const LONG_AGO = NOON - 90 * DAY

let model: Model
before(async () => {
  const names = new Map([['rocker-3', 'The Threes']])
  const popular = new Map([['NO', ['jazzer-5', 'jazzer-6', 'rocker-1']]])
  const { bytes, version } = await makeArtifact(trainingOf(crowds(), { names, popular }), small)
  model = await Model.load(bytes, version)
})

const taste = (artistId: string, given: Partial<Taste> = {}): Taste => ({
  artistId,
  artistName: `As ${artistId}`,
  weight: 3,
  asOf: NOON,
  heardAt: LONG_AGO,
  skippedAt: null,
  liked: false,
  ...given,
})
const tastesOf = (artists: Taste[], given: Partial<Tastes> = {}): Tastes => ({
  ...noTastes(),
  artists,
  asOf: NOON,
  ...given,
})
const idsOf = (list: readonly { artistId: string }[]) => list.map(({ artistId }) => artistId)

test('nobody who was heard lately, was skipped, or is blocked by the listener or by a rule is in a list', async () => {
  const heard = taste('rocker-1', { heardAt: NOON - 6 * DAY })
  const skipped = taste('rocker-2', { weight: -1, skippedAt: NOON - 29 * DAY })
  const tastes = tastesOf([heard, skipped, taste('rocker-3')], { blocked: ['rocker-4'], country: 'DE' })
  const rules: Rules = { blocked: ['rocker-5'], blockedIn: { DE: ['rocker-6'], NO: ['rocker-7'] } }
  const list = idsOf(await makeList(tastes, model, rules))
  for (const number of [1, 2, 4, 5, 6]) assert.ok(!list.includes(`rocker-${number}`), String(number))
  for (const number of [3, 7, 8]) assert.ok(list.includes(`rocker-${number}`), String(number))
})

test('it says why: who was played, or liked, under the name that the listener knows', async () => {
  const liked = taste('rocker-3', { liked: true, heardAt: NOON })
  const [first] = await makeList(tastesOf([liked, taste('unknown-to-the-model')]), model, noRules)
  assert.match(first!.artistId, /^rocker-/)
  assert.deepEqual(
    [first!.reason, first!.becauseArtistId, first!.becauseArtistName],
    ['liked', 'rocker-3', 'As rocker-3'],
  )
  const nameless = taste('rocker-3', { artistName: null, heardAt: NOON })
  const [other] = await makeList(tastesOf([nameless]), model, noRules)
  assert.deepEqual([other!.reason, other!.becauseArtistName], ['played', 'The Threes'])
})

test('that somebody was played, or liked, is no reason to recommend that one', async () => {
  const list = await makeList(tastesOf([taste('rocker-3', { liked: true, heardAt: null })]), model, noRules)
  assert.ok(!list.slice(0, 3).some(({ artistId }) => artistId === 'rocker-3'))
  const played = ['rocker-1', 'rocker-2', 'rocker-3'].map((id) => taste(id))
  for (const { artistId, becauseArtistId } of await makeList(tastesOf(played), model, noRules))
    assert.notEqual(artistId, becauseArtistId)
})

test('who is new gets what is popular where they are', async () => {
  const inNorway = await makeList(tastesOf([], { country: 'NO', blocked: ['jazzer-6'] }), model, noRules)
  assert.deepEqual(idsOf(inNorway), ['jazzer-5', 'rocker-1'])
  assert.ok(inNorway.every(({ reason, becauseArtistId }) => reason === 'popular' && becauseArtistId === null))
  const elsewhere = await makeList(tastesOf([], { country: 'SE' }), model, noRules)
  assert.equal(elsewhere.length, 10)
  assert.deepEqual(await makeList(tastesOf([]), model, noRules), elsewhere)
})

/** The list by hand: all scores, each reason, one after the other. */
async function listByHand(tastes: Tastes): Promise<string[]> {
  const played = tastes.artists.filter((each) => playsOf(each, NOON) > 0)
  const { vector, known, reasons } = model.foldIn(played.map((each) => [each.artistId, playsOf(each, NOON)]))
  const scores = await model.scores(vector, [])
  const isOut = ({ heardAt, skippedAt }: Taste) =>
    (heardAt !== null && NOON - heardAt < 7 * DAY) || (skippedAt !== null && NOON - skippedAt < 30 * DAY)
  const out = new Set([...tastes.blocked, ...idsOf(tastes.artists.filter(isOut))])
  const ids = idsOf(model.metadata.artists.map(({ id }) => ({ artistId: id })))
  /** What each artist played adds to a score, without the artist itself. */
  const partsOf = (number: number) =>
    [...known].map((of, cell) => (of === number ? 0 : reasons.partOf(number, cell)))
  const isKnown = (number: number) => known.includes(number)
  const scoreOf = (number: number) =>
    isKnown(number) ? partsOf(number).reduce((one, other) => one + other, 0) : scores[number]!
  const inOrder = ids
    .map((id, number) => ({ id, number, score: scoreOf(number) }))
    .filter(({ id, score, number }) => !out.has(id) && score > 1e-6 && [...known].some((of) => of !== number))
    .sort((one, other) => other.score - one.score || one.number - other.number)
    .map(({ id, number }) => {
      const parts = partsOf(number).map((part, cell) => (known[cell] === number ? -Infinity : part))
      return { id, because: parts.indexOf(Math.max(...parts)) }
    })
  const early = inOrder.filter(
    ({ because }, index) => inOrder.slice(0, index).filter((each) => each.because === because).length < 3,
  )
  const scored = [...early, ...inOrder.filter((each) => !early.includes(each))]
    .map(({ id }) => id)
    .slice(0, 10)
  const popular = model.metadata.popular['']!.map((number) => ids[number]!)
  return [...scored, ...popular.filter((id) => !out.has(id) && !scored.includes(id))].slice(0, 10)
}

test('any list is the one that is made by hand', async () => {
  const tastes = fc.record({
    artists: fc.uniqueArray(
      fc.record({
        crowd: fc.constantFrom('rock', 'jazz'),
        number: fc.nat(13),
        weight: fc.integer({ min: -20, max: 300 }).map((tenths) => tenths / 10),
        liked: fc.boolean(),
        heardDays: fc.option(fc.integer({ min: 0, max: 20 })),
        skippedDays: fc.option(fc.integer({ min: 20, max: 40 })),
      }),
      { maxLength: 24, selector: ({ crowd, number }) => `${crowd}er-${number}` },
    ),
    blocked: fc.uniqueArray(fc.constantFrom('rocker-1', 'jazzer-1', 'jazzer-2'), { maxLength: 3 }),
  })
  const daysAgo = (days: number | null) => (days === null ? null : NOON - days * DAY - 1)
  await fc.assert(
    fc.asyncProperty(tastes, async ({ artists, blocked }) => {
      const given = tastesOf(
        artists.map(({ crowd, number, weight, liked, heardDays, skippedDays }) =>
          taste(`${crowd}er-${number}`, {
            weight,
            liked,
            heardAt: daysAgo(heardDays),
            skippedAt: daysAgo(skippedDays),
          }),
        ),
        { blocked },
      )
      assert.deepEqual(idsOf(await makeList(given, model, noRules)), await listByHand(given))
    }),
    { numRuns: 300 },
  )
})
