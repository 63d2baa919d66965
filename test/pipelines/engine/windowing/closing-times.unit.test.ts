import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ClosingTimes } from '../../../../pipelines/engine/windowing/closing-times.ts'

const time = fc.integer({ min: -6, max: 6 })
const key = fc.constantFrom('', 'a', 'b', '\u{ffee}', '\u{1f3b5}')
const bytes = (text: string) => Buffer.from(text)

test('what is due comes out once, by time and by the bytes of its key, unless it has been removed', () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('add' as const), time, key }) },
    fc.record({ do: fc.constant('remove' as const), time, key }),
    fc.record({ do: fc.constant('due' as const), time }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
      const closing = new ClosingTimes()
      let listed: { time: number; key: string; start: number }[] = []
      const without = (time: number, key: string) =>
        listed.filter((each) => each.time !== time || each.key !== key)
      for (const [start, each] of steps.entries()) {
        if (each.do === 'add') {
          closing.add(each.time, each.key, start)
          listed = [...without(each.time, each.key), { time: each.time, key: each.key, start }]
        } else if (each.do === 'remove') {
          closing.remove(each.time, each.key)
          listed = without(each.time, each.key)
        } else {
          const due = listed
            .filter(({ time }) => time <= each.time)
            .sort((a, b) => a.time - b.time || Buffer.compare(bytes(a.key), bytes(b.key)))
          listed = listed.filter(({ time }) => time > each.time)
          assert.deepEqual(
            [...closing.due(each.time)],
            due.map(({ key, start }) => ({ key, start })),
          )
        }
      }
    }),
    { numRuns: 1_000 },
  )
})
