import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ChannelLog } from '../../../../gateway/live/channels/channel-log.ts'
import type { LogPart } from '../../../../gateway/live/channels/log-reader.ts'
import { sharedReads } from '../../../../gateway/live/channels/shared-reads.ts'
import type { Position } from '../../../../gateway/live/protocol/position.ts'

/** Logs that keep their newest messages, a read of which brings so many at most; `reads` counts. */
function logsOf({ top, kept, atMost }: { top: number; kept: number; atMost: number }) {
  const log = {
    reads: 0,
    begin: (): Promise<Position> => log.top(),
    top: (): Promise<Position> => Promise.resolve({ epoch: 'e', offset: top }),
    readAfter(place: string, after: number): Promise<LogPart> {
      log.reads++
      const first = Math.max(after, top - kept) + 1
      const count = Math.max(0, Math.min(atMost, top - first + 1))
      const publications = Array.from({ length: count }, (_, at) => ({ offset: first + at, data: place }))
      return Promise.resolve({ epoch: 'e', offset: top, publications })
    },
  } satisfies ChannelLog & { reads: number }
  return log
}

const logs = fc.record({
  top: fc.integer({ min: 0, max: 12 }),
  kept: fc.integer({ min: 0, max: 12 }),
  atMost: fc.integer({ min: 1, max: 12 }),
})
const asked = fc.record({ place: fc.constantFrom('a', 'b'), offset: fc.integer({ min: 0, max: 15 }) })

test('everybody gets what a read of their own would have brought', async () => {
  await fc.assert(
    fc.asyncProperty(logs, fc.array(asked, { maxLength: 8 }), async (settings, all) => {
      const [log, shared] = [logsOf(settings), sharedReads(logsOf(settings))]
      const got = await Promise.all(all.map(({ place, offset }) => shared.readAfter(place, offset)))
      const expected = await Promise.all(all.map(({ place, offset }) => log.readAfter(place, offset)))
      assert.deepEqual(got, expected)
    }),
    { numRuns: 1_000 },
  )
})

test('those who come back to a channel in one turn share a read; who comes later has another', async () => {
  const log = logsOf({ top: 9, kept: 9, atMost: 9 })
  const shared = sharedReads(log)
  await Promise.all([7, 5, 6, 5, 9].map((offset) => shared.readAfter('a', offset)))
  assert.equal(log.reads, 1)
  await Promise.all([shared.readAfter('a', 8), shared.readAfter('b', 8)])
  assert.equal(log.reads, 3)
})

test('a read that fails fails for all who share it, and for nobody after them', async () => {
  const log = logsOf({ top: 1, kept: 1, atMost: 1 })
  let fails = true
  const shared = sharedReads({
    ...log,
    readAfter: (place, offset) => (fails ? Promise.reject(new Error('away')) : log.readAfter(place, offset)),
  })
  const both = await Promise.allSettled([shared.readAfter('a', 0), shared.readAfter('a', 1)])
  assert.deepEqual(
    both.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  fails = false
  assert.equal((await shared.readAfter('a', 0)).publications.length, 1)
})
