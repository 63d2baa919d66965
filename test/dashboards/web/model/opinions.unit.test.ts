import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { opinions } from '../../../../dashboards/web/model/opinions.ts'

test('the newest word on an artist holds', () => {
  const said = opinions()
  assert.equal(said.of('a'), undefined)
  said.say('a', 'like')
  assert.equal(said.of('a'), 'like')
  said.say('a', 'unlike')
  assert.equal(said.of('a'), 'unlike')
  assert.equal(said.of('b'), undefined)
})

test('a word that is taken back leaves what was said before it', () => {
  const said = opinions()
  said.say('a', 'like')
  const takeBack = said.say('a', 'skip')
  takeBack()
  assert.equal(said.of('a'), 'like')
})

test('a word that is taken back late leaves what has been said since', () => {
  const said = opinions()
  const takeBack = said.say('a', 'like')
  said.say('a', 'unlike')
  takeBack()
  assert.equal(said.of('a'), 'unlike')
})

test('in whichever order words are taken back, the newest of those that are left holds', () => {
  const kind = fc.constantFrom('like' as const, 'unlike' as const, 'skip' as const)
  const word = fc.record({ kind, order: fc.integer(), isTaken: fc.boolean() })
  fc.assert(
    fc.property(fc.array(word), (words) => {
      const said = opinions()
      const made = words.map((each) => ({ ...each, takeBack: said.say('a', each.kind) }))
      const refused = made.filter(({ isTaken }) => !isTaken).toSorted((one, other) => one.order - other.order)
      for (const { takeBack } of refused) takeBack()
      assert.equal(said.of('a'), words.findLast(({ isTaken }) => isTaken)?.kind)
    }),
  )
})
