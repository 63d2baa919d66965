import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Progress, Upstreams, watermarkOf } from '../../../../pipelines/engine/upstreams.ts'

interface Said {
  upstream: number
  watermark: number
  idle: boolean
}

const COUNT = 3
const said: fc.Arbitrary<Said> = fc.record({
  upstream: fc.nat(COUNT - 1),
  watermark: fc.oneof(fc.integer({ min: -9, max: 9 }), fc.constant(-Infinity)),
  idle: fc.boolean(),
})

/** The same from the list of all that was said. */
function expected(all: readonly Said[]): Progress & { each: Progress[] } {
  const each = Array.from({ length: COUNT }, (_, upstream) => {
    const own = all.filter((one) => one.upstream === upstream)
    return { time: Math.max(...own.map(({ watermark }) => watermark)), idle: own.at(-1)?.idle ?? false }
  })
  const active = each.filter(({ idle }) => !idle).map(({ time }) => time)
  const time = active.length > 0 ? Math.min(...active) : Math.max(...each.map((one) => one.time))
  return { time, idle: active.length === 0, each }
}

test('the watermark is that of the slowest which is not idle, whatever is said in whichever order', () => {
  const property = fc.property(fc.array(said, { maxLength: 20 }), (all) => {
    const upstreams = new Upstreams(COUNT)
    for (const { upstream, watermark, idle } of all) upstreams.hear(upstream, watermark, idle)
    const { each: _, ...wanted } = expected(all)
    assert.deepEqual({ time: upstreams.time, idle: upstreams.idle }, wanted)
  })
  fc.assert(property, { numRuns: 2_000 })
})

test('what has changed is what another needs to go on from there', () => {
  const runs = fc.array(fc.array(said, { maxLength: 6 }), { maxLength: 5 })
  const property = fc.property(runs, said, (groups, next) => {
    const one = new Upstreams(COUNT)
    const stored = new Map<number, Progress>()
    for (const group of groups) {
      for (const { upstream, watermark, idle } of group) one.hear(upstream, watermark, idle)
      for (const [upstream, progress] of one.takeChanges()) stored.set(upstream, progress)
    }
    const two = new Upstreams(COUNT)
    for (const [upstream, progress] of stored) two.restore(upstream, progress)
    for (const each of [one, two]) each.hear(next.upstream, next.watermark, next.idle)
    assert.deepEqual([two.time, two.idle], [one.time, one.idle])
  })
  fc.assert(property, { numRuns: 1_000 })
})

test('of no inputs nothing is known', () => {
  assert.equal(watermarkOf([]), -Infinity)
})

// task 0  ──12:00──12:04      task 1  ──12:01      task 2  silent, then idle
test('who holds the watermark back, and by how much', () => {
  const upstreams = new Upstreams(3)
  assert.equal(upstreams.slowest, undefined)
  upstreams.hear(0, 4, false)
  upstreams.hear(1, 1, false)
  assert.deepEqual(upstreams.slowest, { upstream: 2, byMs: Infinity })
  upstreams.hear(2, -Infinity, true)
  assert.deepEqual(upstreams.slowest, { upstream: 1, byMs: 3 })
  upstreams.hear(1, 4, false)
  assert.equal(upstreams.slowest, undefined)
})
