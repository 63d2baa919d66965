import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { foldWindow, minutes, route, step, tumbling } from '../../../../pipelines/engine/index.ts'
import { artistTotal } from '../../../../pipelines/steps/artist-total.ts'
import { latePlay } from '../../../../pipelines/steps/late-play.ts'
import { topics } from '../../../../schemas/topics.ts'
import { play } from '../../../kit/builders.ts'
import { answerOf, process, service, taskOf, told, windowed } from './asked-service.ts'

const row = fc.record({
  artistId: fc.constantFrom('a', 'b'),
  minute: fc.integer({ min: 0, max: 5 }),
  country: fc.constantFrom('NO', 'drop', 'wrong'),
})
test('whatever order the answers come in, rows go on in theirs and close the same windows', async () => {
  const runs = fc.array(fc.array(row, { maxLength: 8 }), { maxLength: 3 })
  await fc.assert(
    fc.asyncProperty(
      runs,
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.nat(5), { minLength: 1, maxLength: 20 }),
      async (all, concurrency, choices) => {
        const asked = service(answerOf)
        let turn = 0
        const task = windowed(asked.ask, concurrency)
        const naive = taskOf(({ read }) =>
          read(topics.playsClean, { time: ({ playedAt }) => playedAt, aheadMs: 0 }).pipe(
            step(answerOf),
            foldWindow({ windows: tumbling(minutes(1), { grace: 0 }), fold: artistTotal, late: latePlay }),
            route({ open: topics.artistTotalsLive, closed: topics.artistTotals, late: topics.latePlays }),
          ),
        )
        const values = all.map((run) =>
          run.map(({ artistId, minute, country }) =>
            play({ artistId, country, playedAt: `12:0${minute}:00` }),
          ),
        )
        for (const run of values) {
          for (const value of run) process(task, value)
          if (asked.open.length > 0) assert.throws(() => task.takeOutgoing(), /wait for settled\(\)/)
          await asked.answerAll(() => choices[turn++ % choices.length]!)
          await task.settled()
          for (const value of run) process(naive, value)
          const wrong = run.filter(({ country }) => country === 'wrong').length
          const [found, wanted] = [told(task), told(naive)]
          const outputs = (rows: typeof found) =>
            rows.filter(([topic]) => topic !== 'dead-letters' && !String(topic).endsWith('changelog'))
          assert.deepEqual(outputs(found), outputs(wanted))
          assert.equal(found.filter(([topic]) => topic === 'dead-letters').length, wrong)
        }
        assert.ok(asked.most() <= concurrency)
      },
    ),
    { numRuns: 1_000 },
  )
})
