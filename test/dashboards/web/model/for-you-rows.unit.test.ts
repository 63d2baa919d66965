import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forYouRows } from '../../../../dashboards/web/model/for-you-rows.ts'
import { opinions } from '../../../../dashboards/web/model/opinions.ts'
import { recommended, recommendedOf } from '../../recommended.ts'

const noOpinion = () => undefined
const names = (rows: { artistName: string }[]) => rows.map(({ artistName }) => artistName.slice(-1)).join('')

test('a row has the artist, the reason in words and its place', () => {
  const played = { reason: 'played', becauseArtistId: 'artist-X', becauseArtistName: 'Artist X' }
  assert.deepEqual(forYouRows([recommended('A'), recommended('B', played)], undefined, noOpinion), [
    {
      artistId: 'artist-A',
      artistName: 'Artist A',
      reason: 'popular where you are',
      rank: 1,
      isNew: false,
      isLiked: false,
    },
    {
      artistId: 'artist-B',
      artistName: 'Artist B',
      reason: 'because you played Artist X',
      rank: 2,
      isNew: false,
      isLiked: false,
    },
  ])
})

test('there are ten rows at most', () => {
  assert.equal(names(forYouRows(recommendedOf('ABCDEFGHIJKL'), undefined, noOpinion)), 'ABCDEFGHIJ')
})

test('new is who was not in the list before', () => {
  const newIn = (list: string, before?: string) =>
    names(
      forYouRows(recommendedOf(list), before ? recommendedOf(before) : undefined, noOpinion).filter(
        ({ isNew }) => isNew,
      ),
    )
  assert.equal(newIn('ABC'), '', 'in the first list nobody is')
  assert.equal(newIn('CAD', 'ABC'), 'D')
  assert.equal(newIn('BCA', 'ABC'), '', 'another place is not new')
  assert.equal(newIn('XYZ', 'ABC'), 'XYZ')
})

test('who is liked is pressed, who is skipped is not there, and the others keep the rank that the list gave them', () => {
  const said = opinions()
  said.say('artist-A', 'skip')
  said.say('artist-C', 'like')
  const rows = forYouRows(recommendedOf('ABCD'), undefined, said.of)
  assert.deepEqual(
    rows.map(({ artistId, rank, isLiked }) => [artistId, rank, isLiked]),
    [
      ['artist-B', 2, false],
      ['artist-C', 3, true],
      ['artist-D', 4, false],
    ],
  )
})

test('what was said of an artist holds in lists that come later', () => {
  const said = opinions()
  said.say('artist-A', 'skip')
  said.say('artist-B', 'like')
  const rows = forYouRows(recommendedOf('XAB'), recommendedOf('AB'), said.of)
  assert.deepEqual(
    rows.map(({ artistId, isLiked }) => [artistId, isLiked]),
    [
      ['artist-X', false],
      ['artist-B', true],
    ],
  )
})
