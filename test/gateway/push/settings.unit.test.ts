import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Settings } from '../../../gateway/push/settings.ts'
import { preference } from '../../kit/builders.ts'

test('of each setting the one that was made last holds, in whatever order and however often they come', () => {
  const change = fc.record({
    listener: fc.constantFrom('ada', 'bob'),
    name: fc.constantFrom('push', 'quiet-hours', 'locale', 'block-artist'),
    value: fc.string({ minLength: 1 }),
    changedAt: fc.nat({ max: 1_000_000 }),
  })
  const changes = fc.uniqueArray(change, { selector: ({ changedAt }) => changedAt, maxLength: 30 })
  fc.assert(
    fc.property(changes, fc.infiniteStream(fc.nat()), (all, chance) => {
      const settings = new Settings()
      const shuffled = [...all, ...all.filter(() => chance.next().value! % 2 === 0)]
        .map((each) => [chance.next().value!, each] as const)
        .sort(([one], [other]) => one - other)
      for (const [, { changedAt, ...each }] of shuffled) settings.take({ ...preference(each), changedAt })
      for (const listener of ['ada', 'bob']) {
        const own = all
          .filter((each) => each.listener === listener && each.name !== 'block-artist')
          .sort((one, other) => one.changedAt - other.changedAt)
        assert.deepEqual(
          settings.of(listener),
          Object.fromEntries(own.map(({ name, value }) => [name, value])),
        )
      }
    }),
  )
})
