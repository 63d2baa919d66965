import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Publication } from '../../../../gateway/live/protocol/position.ts'
import { recover } from '../../../../gateway/live/channels/recovery.ts'

const at = (...offsets: number[]): Publication[] => offsets.map((offset) => ({ offset, data: `#${offset}` }))

test('what the log kept and what came meanwhile are merged, each once', () => {
  const log = { epoch: 'e', offset: 6, publications: at(4, 5, 6) }
  assert.deepEqual(recover({ epoch: 'e', offset: 3 }, log, at(6, 7, 8)), {
    recovered: true,
    publications: at(4, 5, 6, 7, 8),
    offset: 8,
  })
})

test('a gap at the beginning, another epoch, or a position ahead is not recovered', () => {
  const log = { epoch: 'e', offset: 6, publications: at(5, 6) }
  const lost = { recovered: false, publications: [] }
  assert.deepEqual(recover({ epoch: 'e', offset: 3 }, log, at(7)), { ...lost, offset: 7 })
  assert.deepEqual(recover({ epoch: 'd', offset: 4 }, log, []), { ...lost, offset: 6 })
  assert.deepEqual(recover({ epoch: 'e', offset: 7 }, log, []), { ...lost, offset: 6 })
})

test('the empty position asks for the stream from its beginning; a position without epoch is none', () => {
  const log = { epoch: 'e', offset: 2, publications: at(1, 2) }
  assert.deepEqual(recover({ epoch: '', offset: 0 }, log, []), {
    recovered: true,
    publications: at(1, 2),
    offset: 2,
  })
  assert.equal(recover({ epoch: '', offset: 1 }, { ...log, publications: at(2) }, []).recovered, false)
})

test('like a naive model: all that was missed or nothing, for any trimming, limit and overlap', () => {
  const scene = fc.record({
    top: fc.nat(40),
    since: fc.nat(45),
    trimmed: fc.nat(40),
    limit: fc.integer({ min: 1, max: 50 }),
    overlap: fc.nat(5),
    live: fc.nat(10),
    sameEpoch: fc.boolean(),
  })
  fc.assert(
    fc.property(scene, ({ top, since, trimmed, limit, overlap, live, sameEpoch }) => {
      const stream = at(...Array.from({ length: top + live }, (_, n) => n + 1))
      const kept = stream.filter(({ offset }) => offset <= top && offset > trimmed)
      const publications = kept.filter(({ offset }) => offset > since).slice(0, limit)
      const liveSeen = stream.slice(Math.max(0, top - overlap))
      const log = { epoch: 'e', offset: top, publications }
      const result = recover({ epoch: sameEpoch ? 'e' : 'd', offset: since }, log, liveSeen)

      const missed = stream.filter(({ offset }) => offset > since)
      const reachable = new Set([...publications, ...liveSeen].map(({ offset }) => offset))
      const complete = sameEpoch && since <= top + live && missed.every(({ offset }) => reachable.has(offset))
      assert.deepEqual(result, {
        recovered: complete,
        publications: complete ? missed : [],
        offset: top + live,
      })
    }),
    { numRuns: 2000 },
  )
})
