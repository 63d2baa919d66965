import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TokenBucket } from '../../../../gateway/live/cluster/token-bucket.ts'

const arrivals = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 60 })

test('in no span pass more than a second’s worth and what comes anew in it, and nobody is kept out without need', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10 }), arrivals, (perSecond, gaps) => {
      let now = 0
      const bucket = new TokenBucket(perSecond, () => now)
      const passed: number[] = []
      for (const gap of gaps) {
        now += gap
        // Whether there was room: for every span that ends now.
        const starts = [...passed, now]
        const isRoom = starts.every((start, index) => {
          const inSpan = passed.length - index + 1
          return inSpan <= perSecond + ((now - start) * perSecond) / 1_000 + 1e-9
        })
        assert.equal(bucket.take(), isRoom)
        if (isRoom) passed.push(now)
      }
    }),
  )
})
