import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { inventCatalogue } from '../../../sources/simulator/catalogue.ts'
import { DueQueue } from '../../../sources/simulator/due-queue.ts'
import { appetite, inventListener } from '../../../sources/simulator/listeners.ts'
import { Random } from '../../../sources/simulator/random.ts'
import { zipf } from '../../../sources/simulator/zipf.ts'

test('ranks follow Zipf’s law', () => {
  const size = 50
  const exponent = 1.1
  const rank = zipf(size, exponent)
  const random = new Random('zipf')
  const draws = 200_000
  const counts = new Array<number>(size).fill(0)
  for (let i = 0; i < draws; i++) counts[rank(random)]!++
  const total = counts.reduce((sum, _, k) => sum + (k + 1) ** -exponent, 0)
  for (const [k, count] of counts.entries()) {
    const expected = (draws * (k + 1) ** -exponent) / total
    assert.ok(
      Math.abs(count - expected) < 5 * Math.sqrt(expected),
      `rank ${k}: ${count}, expected ${expected}`,
    )
  }
})

test('the queue gives back the earliest first, whatever the order of pushes and pops', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer(), { nil: undefined }), { maxLength: 200 }), (operations) => {
      const queue = new DueQueue<{ dueAt: number }>()
      const model: number[] = []
      for (const dueAt of operations) {
        if (dueAt === undefined) {
          assert.equal(queue.peek()?.dueAt, model[0])
          assert.equal(queue.pop()?.dueAt, model.shift())
        } else {
          queue.push({ dueAt })
          model.push(dueAt)
          model.sort((a, b) => a - b)
        }
        assert.equal(queue.size, model.length)
      }
    }),
  )
})

test('the catalogue has readable names, each once, and ids that stay with the seed', () => {
  const { artists } = inventCatalogue('seed', 2_000, 10)
  assert.equal(new Set(artists.map(({ name }) => name)).size, 2_000)
  for (const { name, tracks } of artists) {
    assert.match(name, /^[A-Z][\w &]+$/)
    assert.equal(new Set(tracks.map((track) => track.name)).size, 10)
    for (const { duration } of tracks) assert.ok(duration >= 60_000 && duration <= 480_000)
  }
  const again = inventCatalogue('seed', 2_000, 10)
  assert.deepEqual(
    again.artists.map(({ id, name }) => ({ id, name })),
    artists.map(({ id, name }) => ({ id, name })),
  )
})

test('a listener is the same person each time, with an address from the documentation ranges', () => {
  for (let number = 0; number < 1_000; number++) {
    const listener = inventListener('world', number, 0.1)
    assert.deepEqual(inventListener('world', number, 0.1), listener)
    assert.match(
      listener.ip,
      /^(192\.0\.2|198\.51\.100|203\.0\.113)\.\d{1,3}$|^2001:db8:[0-9a-f]+:[0-9a-f]+::1$/,
    )
    assert.ok(Math.abs(listener.clockSkew) <= 8_000)
  }
})

test('about the configured share of the clocks is wrong', () => {
  const skewed = (share: number) =>
    Array.from({ length: 2_000 }, (_, number) => inventListener('world', number, share)).filter(
      ({ clockSkew }) => clockSkew !== 0,
    ).length
  assert.equal(skewed(0), 0)
  assert.ok(Math.abs(skewed(0.1) - 200) < 60)
})

test('people listen most in the evening at home and least at night', () => {
  const at = (hour: number, utcOffset: number) => appetite(Date.UTC(2026, 0, 1, hour), { utcOffset })
  const hours = Array.from({ length: 24 }, (_, hour) => at(hour, 0))
  assert.equal(hours.indexOf(Math.max(...hours)), 20)
  assert.ok([2, 3, 4].includes(hours.indexOf(Math.min(...hours))))
  for (const value of hours) assert.ok(value > 0 && value <= 1)
  assert.equal(at(11, 9), at(20, 0))
  assert.equal(appetite(-3_600_000, { utcOffset: 0 }), at(23, 0))
})
