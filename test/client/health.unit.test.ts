import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Health } from '../../client/health.ts'

const endpoints = ['a', 'b', 'c'].map((id) => ({ id }))
const ids = (some: readonly { id: string }[]) => some.map(({ id }) => id)

test('who fails is left out for 1 s, then 2, up to 30, and with luck for half of it', () => {
  let [now, random] = [0, 0]
  const health = new Health(
    () => now,
    () => random,
  )
  const pauses = Array.from({ length: 7 }, () => {
    health.failed('a')
    const failedAt = now
    while (!ids(health.usable(endpoints)).includes('a')) now += 250
    return now - failedAt
  })
  assert.deepEqual(pauses, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
  health.worked('a')
  random = 0.999
  health.failed('a')
  now += 501
  assert.deepEqual(ids(health.usable(endpoints)), ['a', 'b', 'c'])
})

const step = fc.record({
  id: fc.constantFrom('a', 'b', 'c'),
  what: fc.constantFrom('failed', 'failed', 'worked', 'nothing'),
  passes: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 20_000 })),
})

test('there is always one to try, and never one that is left out while another is not', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      let now = 0
      const health = new Health(
        () => now,
        () => 0,
      )
      const story: { id: string; at: number }[] = []
      for (const { id, what, passes } of steps) {
        if (what === 'failed') {
          health.failed(id)
          story.push({ id, at: now })
        } else if (what === 'worked') {
          health.worked(id)
          for (const past of story.filter((each) => each.id === id)) story.splice(story.indexOf(past), 1)
        }
        now += passes
        const until = Object.fromEntries(ids(endpoints).map((each) => [each, pauseOver(story, each)]))
        const well = ids(endpoints).filter((each) => until[each]! <= now)
        const soonest = Math.min(...Object.values(until))
        const usable = ids(health.usable(endpoints))
        if (well.length > 0) assert.deepEqual(usable, well)
        else assert.deepEqual([usable.length, until[usable[0]!]], [1, soonest])
      }
    }),
  )
})

/** When the pause after the failures of one is over. */
function pauseOver(story: readonly { id: string; at: number }[], id: string): number {
  const failures = story.filter((each) => each.id === id)
  const last = failures.at(-1)
  return last === undefined ? -Infinity : last.at + Math.min(30_000, 500 * 2 ** failures.length)
}
