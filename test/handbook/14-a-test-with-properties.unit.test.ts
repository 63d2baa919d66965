/**
 * Chapter 14. A test with properties.
 *
 * The tests so far tried the cases that we thought of. A stream brings the others: disorder, repetitions, a crash just there. A test
 * with properties makes hundreds of such streams up, and compares the topology's output with that of a few plain lines which have
 * the whole list before them. `fast-check` makes them up, and makes what fails as small as it can.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { filter } from 'rxjs'
import {
  type Topology,
  deduplicate,
  foldWindow,
  hours,
  keyBy,
  minutes,
  only,
  route,
  seconds,
  topology,
  tumbling,
} from '../../pipelines/engine/index.ts'
import { drive } from '../../pipelines/engine/testing/drive.ts'
import { latePlay } from '../../pipelines/steps/late-play.ts'
import type { CleanPlay } from '../../schemas/events.ts'
import { topics } from '../../schemas/topics.ts'
import { at, play } from '../kit/builders.ts'
import { byPlayedAt, countPlays } from './kit.ts'
import { countryTotals, countryTotalsLive, lateByCountry, playsByCountry } from './topics.ts'

/* What is tried: plays of a country by the minute, those sent twice counted once. */
const WINDOW = minutes(1)
const GRACE = seconds(30)

const perMinute = () =>
  foldWindow({ windows: tumbling(WINDOW, { grace: GRACE }), fold: countPlays, late: latePlay })

const byCountry = keyBy((value: CleanPlay) => value.country ?? 'unknown', { through: playsByCountry })

const ends = { open: countryTotalsLive, closed: countryTotals, late: lateByCountry }

const countryMinutes = topology('country-minutes', ({ read }) =>
  read(topics.playsClean, byPlayedAt).pipe(
    deduplicate({ id: (value) => value.eventId, rememberMs: hours(1) }),
    only('first'), // what is sent twice is discarded
    byCountry,
    perMinute(),
    route(ends),
  ),
)

/*
 * BUILDERS make a whole row of the few words that a test is about: `play({ country: 'NO' })` has every other field, valid, and an
 * event id that no other has. What a case consists of is as small: a play from where and when, under which id, and whether the
 * process is killed before. So a counterexample is a line, and not a page. Few ids, few countries, a few minutes: things have to collide.
 */
interface Sending {
  id: string
  country: string
  second: number
  crash: 'no' | 'before it' | 'before its commit'
}

const sending: fc.Arbitrary<Sending> = fc.record({
  id: fc.constantFrom('e1', 'e2', 'e3', 'e4', 'e5', 'e6'),
  country: fc.constantFrom('NO', 'SE'),
  second: fc.integer({ min: 0, max: 300 }),
  crash: fc.constantFrom('no', 'no', 'no', 'before it', 'before its commit'),
})

const NOON = at('12:00:00')
const playOf = ({ id, country, second }: Sending): CleanPlay => ({
  ...play({ eventId: id, country }),
  playedAt: NOON + seconds(second),
})

/** What a topology writes: closed minutes as `country start plays`, and the ids of late plays. The last play closes all the others. */
async function outputOf(tried: Topology, sendings: readonly Sending[]) {
  const kafka = drive(tried)
  for (const each of sendings) {
    if (each.crash === 'before it') kafka.crash()
    if (each.crash === 'before its commit') kafka.crashBeforeCommit()
    await kafka.send(topics.playsClean, playOf(each))
  }
  await kafka.send(topics.playsClean, play({ playedAt: '12:50:00' }))
  return {
    closed: kafka
      .written(countryTotals)
      .map(({ key, value }) => `${key} ${value.from - NOON} ${value.plays}`)
      .toSorted(),
    late: kafka.written(lateByCountry).map(({ value }) => value.eventId),
  }
}

/*
 * THE ORACLE comes to the same result in the plainest way there is: no state, no store, everything from the list. It may be slow; it
 * may not be clever, or it would have the bugs of what it judges. Who cannot write it does not yet know what the topology shall do.
 *
 *     played at     12:00:50   12:02:00   12:00:10
 *     stream time   12:00:50   12:02:00                minute 12:00 closes at 12:01:30
 *     closed        minute 12:00, one play             late: the last
 */
function expected(sendings: readonly Sending[]) {
  const firsts = sendings.filter(({ id }, index) => sendings.findIndex((each) => each.id === id) === index)
  const minuteOf = ({ second }: Sending) => Math.floor(seconds(second) / WINDOW) * WINDOW
  // Time passes with every play that is read, one that is discarded, too.
  const streamTimeAt = (each: Sending) =>
    Math.max(...sendings.slice(0, sendings.indexOf(each) + 1).map(({ second }) => seconds(second)))
  const isLate = (each: Sending) => minuteOf(each) + WINDOW + GRACE <= streamTimeAt(each)
  const taken = Map.groupBy(
    firsts.filter((each) => !isLate(each)),
    (each) => `${each.country} ${minuteOf(each)}`,
  )
  return {
    closed: [...taken].map(([window, { length }]) => `${window} ${length}`).toSorted(),
    late: firsts.filter(isLate).map(({ id }) => id),
  }
}

test('14.1 the oracle is tried by hand first, on a case that everybody understands', () => {
  const at = (second: number, id: string): Sending => ({ id, country: 'NO', second, crash: 'no' })
  assert.deepEqual(expected([at(50, 'e1'), at(120, 'e2'), at(10, 'e3'), at(50, 'e1')]), {
    closed: ['NO 0 1', 'NO 120000 1'],
    late: ['e3'],
  })
})

/** For any sendings, whatever their order, repetitions and crashes, the output of a topology is what the oracle expects. */
const agreesWithTheOracle = (tried: Topology) =>
  fc.asyncProperty(fc.array(sending, { maxLength: 12 }), async (sendings) => {
    assert.deepEqual(await outputOf(tried, sendings), expected(sendings))
  })

test('14.2 whatever is sent, in whatever order, through whichever crash, the output is what the oracle expects', async () => {
  await fc.assert(agreesWithTheOracle(countryMinutes), { numRuns: 200 })
})

/*
 * A PROPERTY may say less than all, and then needs no oracle at all. The most useful one is conservation: whatever has been sent is
 * in exactly one place. It is the promise on the first page of this project.
 */
test('14.3 nothing is lost, nothing is doubled: closed and late are as many as there are ids', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(sending, { maxLength: 12 }), async (sendings) => {
      const { closed, late } = await outputOf(countryMinutes, sendings)
      const counted = closed.reduce((sum, line) => sum + Number(line.split(' ')[2]), 0)
      assert.equal(counted + late.length, new Set(sendings.map(({ id }) => id)).size)
    }),
    { numRuns: 100 },
  )
})

/*
 * A COUNTEREXAMPLE is read like this. Here is a topology as one might write it at first: ids that have been are in a `Set`. Every
 * test without a crash passes. This one fails with:
 *
 *     Property failed after 1 tests
 *     { seed: 14, path: "0:1:3:3:3:5:6:6:7", endOnFailure: true }
 *     Counterexample: [[{"id":"e6","country":"NO","second":0,"crash":"no"},
 *                       {"id":"e6","country":"NO","second":0,"crash":"before its commit"}]]
 *     Shrunk 8 time(s)
 *     …
 *     +     'NO 0 2'            the topology's output
 *     -     'NO 0 1'            what the oracle expects
 *
 * What has been made as small as it goes does not matter: the first country, the second 0. What is left matters: the same id twice, and
 * a crash at the second. That is the bug: what is in the `Set` is gone with the process. (State of one's own that survives is a
 * fold's: chapter 13.) Seed and path, given to `fc.assert`, do just this case again, for as long as you look for the reason.
 */
const forgetful = topology('forgetful', ({ read }) => {
  const seen = new Set<string>()
  return read(topics.playsClean, byPlayedAt).pipe(
    filter(({ value: { eventId } }) => {
      const isFirst = !seen.has(eventId)
      seen.add(eventId)
      return isFirst
    }),
    byCountry,
    perMinute(),
    route(ends),
  )
})

test('14.4 a counterexample is as small as can be: what the bug needs, and nothing else', async () => {
  const { counterexample } = await fc.check(agreesWithTheOracle(forgetful), { seed: 14 })
  const [first, again, ...more] = counterexample?.[0] ?? []
  assert.deepEqual(more, [])
  assert.equal(first?.id, again?.id)
  assert.deepEqual([first?.crash, again?.crash === 'no'], ['no', false])
})

/* When it is mended, the counterexample stays: as an example, which is tried before all that is made up. */
test('14.5 what has failed once is tried for ever', async () => {
  const found: Sending[] = [
    { id: 'e6', country: 'NO', second: 0, crash: 'no' },
    { id: 'e6', country: 'NO', second: 0, crash: 'before its commit' },
  ]
  await fc.assert(agreesWithTheOracle(countryMinutes), { examples: [[found]], numRuns: 20 })
  await assert.rejects(
    fc.assert(agreesWithTheOracle(forgetful), { examples: [[found]], numRuns: 1 }),
    /Counterexample/,
  )
})
