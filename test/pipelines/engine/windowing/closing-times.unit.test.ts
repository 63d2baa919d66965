import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ClosingTimes } from '../../../../pipelines/engine/windowing/closing-times.ts'

const time = fc.integer({ min: -6, max: 6 })
const key = fc.constantFrom('', 'a', 'b', '\u{ffee}', '\u{1f3b5}')
const bytes = (text: string) => Buffer.from(text)

test('what is due comes out once, by time and by the bytes of its key', () => {
  const step = fc.record({ do: fc.constantFrom('add', 'add', 'due'), time, key })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
      const closing = new ClosingTimes<{ key: string }>()
      let listed: { time: number; key: string }[] = []
      for (const each of steps) {
        if (each.do === 'add') {
          closing.add(each.time, { key: each.key })
          listed.push(each)
          continue
        }
        const due = listed
          .filter(({ time }) => time <= each.time)
          .sort((a, b) => a.time - b.time || Buffer.compare(bytes(a.key), bytes(b.key)))
        listed = listed.filter(({ time }) => time > each.time)
        for (const next of due)
          assert.deepEqual(closing.takeDue(each.time), { time: next.time, window: { key: next.key } })
        assert.equal(closing.takeDue(each.time), undefined)
      }
    }),
    { numRuns: 1_000 },
  )
})
