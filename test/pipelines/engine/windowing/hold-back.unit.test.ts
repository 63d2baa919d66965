import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { map, tap } from 'rxjs'
import {
  foldWindow,
  hopping,
  only,
  session,
  sliding,
  topology,
  tumbling,
} from '../../../../pipelines/engine/index.ts'
import { drive } from '../../../../pipelines/engine/testing/drive.ts'
import type { Windows } from '../../../../pipelines/engine/windows.ts'
import { tell } from '../../../kit/tell.ts'
import { type Folded, readings, tally } from './folding.ts'

const windows: Windows[] = [
  tumbling(6, { grace: 3 }),
  hopping(6, { advance: 4, grace: 3 }),
  sliding(6, { grace: 3 }),
  session(6, { grace: 3 }),
]

/*
 *   rows ── foldWindow, on close ── foldWindow without grace, by the time that the first may still emit
 */
for (const first of windows)
  test(`a fold behind ${first.kind} windows waits for what they may still emit`, async () => {
    const times = fc.array(fc.integer({ min: -20, max: 60 }), { maxLength: 20, size: 'max' })
    const property = fc.asyncProperty(times, async (all) => {
      const [emitted, closed, late]: [number[], Folded[], unknown[]] = [[], [], []]
      const kafka = drive(
        topology('chained', ({ read }) =>
          read(readings, { time: ({ time }) => time }).pipe(
            foldWindow({ windows: first, fold: tally, late: () => null, emit: 'on-close' }),
            only('closed'),
            tap(({ value }) => emitted.push(value.count)),
            map((row) => ({ ...row, value: { seq: 0, time: row.time, value: row.value.count } })),
            foldWindow({ windows: tumbling(5, { grace: 0 }), fold: tally, late: (row) => row }),
            tell(({ output, value }) => {
              if (output === 'closed') closed.push(value)
              if (output === 'late') late.push(value)
            }),
          ),
        ),
      )
      for (const [seq, time] of [...all, 1_000].entries())
        await kafka.send(readings, { seq, time, value: 1 }, { key: 'a' })
      assert.deepEqual(late, [])
      const total = (counts: number[]) => counts.reduce((sum, count) => sum + count, 0)
      assert.equal(total(closed.map(({ sum }) => sum)), total(emitted))
    })
    await fc.assert(property, { numRuns: 200 })
  })
