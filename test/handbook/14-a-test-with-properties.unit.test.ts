/**
 * Chapter 14. A test with properties.
 *
 * The tests so far tried the cases that we thought of. A stream brings the others: disorder, repetitions, a crash just there. A test
 * with properties makes hundreds of such streams up, and compares what the topology says with what a few plain lines
 * say that have the whole list before them. `fast-check` makes them up, and makes what fails as small as it can.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { filter } from 'rxjs'
import {
  type Topology,
  combine,
  count,
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
import type { ArtistTotal, CleanPlay } from '../../schemas/events.ts'
import { topics } from '../../schemas/topics.ts'
import { at, play } from '../kit/builders.ts'

/* What is tried: plays of an artist by the minute, those sent twice counted once. */
const WINDOW = minutes(1)
const GRACE = seconds(30)

const byPlayedAt = { time: (value: CleanPlay) => value.playedAt }

const playsOnly = combine({ plays: count() }, ({ plays }, artistId, { start, end }): ArtistTotal => ({
  ...{ artistId, artistName: artistId, windowStart: start, windowEnd: end },
  ...{ plays, msPlayed: 0, listeners: 0, receivedAt: 0 },
}))

const perMinute = () =>
  foldWindow({ windows: tumbling(WINDOW, { grace: GRACE }), fold: playsOnly, late: latePlay })

const ends = { open: topics.artistTotalsLive, closed: topics.artistTotals, late: topics.latePlays }

const artistMinutes = topology('artist-minutes', ({ read }) =>
  read(topics.playsClean, byPlayedAt).pipe(
    deduplicate({ id: (value) => value.eventId, rememberMs: hours(1) }),
    only('first'),
    keyBy((value) => value.artistId, { through: topics.playsByArtist }),
    perMinute(),
    route(ends),
  ),
)

/*
 * BUILDERS make a whole row of the few words that a test is about: `play({ artistId: 'abba' })` has every other field, valid, and an
 * event id that no other has. What a case consists of is as small: who was played when, under which id, and whether the process is
 * killed before. So a counterexample is a line, and not a page. Few ids, few artists, a few minutes: things have to collide.
 */
interface Sending {
  id: string
  artistId: string
  second: number
  crash: 'no' | 'before it' | 'before its commit'
}

const sending: fc.Arbitrary<Sending> = fc.record({
  id: fc.constantFrom('e1', 'e2', 'e3', 'e4', 'e5', 'e6'),
  artistId: fc.constantFrom('abba', 'beck'),
  second: fc.integer({ min: 0, max: 300 }),
  crash: fc.constantFrom('no', 'no', 'no', 'before it', 'before its commit'),
})

const NOON = at('12:00:00')
const playOf = ({ id, artistId, second }: Sending): CleanPlay => ({
  ...play({ eventId: id, artistId }),
  playedAt: NOON + seconds(second),
})

/** What the topology says: closed minutes as `artist start plays`, and the ids of late plays. The last play closes all the others. */
async function told(tried: Topology, sendings: readonly Sending[]) {
  const kafka = drive(tried)
  for (const each of sendings) {
    if (each.crash === 'before it') kafka.crash()
    if (each.crash === 'before its commit') kafka.crashBeforeCommit()
    await kafka.send(topics.playsClean, playOf(each))
  }
  await kafka.send(topics.playsClean, play({ playedAt: '12:50:00' }))
  return {
    closed: kafka
      .written(topics.artistTotals)
      .map(({ key, value }) => `${key} ${value.windowStart - NOON} ${value.plays}`)
      .toSorted(),
    late: kafka.written(topics.latePlays).map(({ value }) => value.eventId),
  }
}

/*
 * THE ORACLE says the same in the plainest way there is: no state, no store, everything from the list. It may be slow; it may not be
 * clever, or it would have the bugs of what it judges. Who cannot write it does not yet know what the topology shall do.
 *
 *     played at     12:00:50   12:02:00   12:00:10
 *     stream time   12:00:50   12:02:00                minute 12:00 closes at 12:01:30
 *     closed        minute 12:00, one play             late: the last
 */
function expected(sendings: readonly Sending[]) {
  const firsts = sendings.filter(({ id }, index) => sendings.findIndex((each) => each.id === id) === index)
  const minuteOf = ({ second }: Sending) => Math.floor(seconds(second) / WINDOW) * WINDOW
  const isLate = (each: Sending, index: number) =>
    minuteOf(each) + WINDOW + GRACE <=
    Math.max(...firsts.slice(0, index + 1).map((one) => seconds(one.second)))
  const taken = Map.groupBy(
    firsts.filter((each, index) => !isLate(each, index)),
    (each) => `${each.artistId} ${minuteOf(each)}`,
  )
  return {
    closed: [...taken].map(([window, { length }]) => `${window} ${length}`).toSorted(),
    late: firsts.filter(isLate).map(({ id }) => id),
  }
}

test('14.1 the oracle is tried by hand first, on a case that everybody understands', () => {
  const at = (second: number, id: string): Sending => ({ id, artistId: 'abba', second, crash: 'no' })
  assert.deepEqual(expected([at(50, 'e1'), at(120, 'e2'), at(10, 'e3'), at(50, 'e1')]), {
    closed: ['abba 0 1', 'abba 120000 1'],
    late: ['e3'],
  })
})

/** For any sendings, whatever their order, repetitions and crashes, a topology says what the oracle says. */
const saysAsTheOracle = (tried: Topology) =>
  fc.asyncProperty(fc.array(sending, { maxLength: 12 }), async (sendings) => {
    assert.deepEqual(await told(tried, sendings), expected(sendings))
  })

test('14.2 whatever is sent, in whatever order, through whichever crash, the topology says what the oracle says', async () => {
  await fc.assert(saysAsTheOracle(artistMinutes), { numRuns: 200 })
})

/*
 * A PROPERTY may say less than all, and then needs no oracle at all. The most useful one is conservation: whatever has been sent is
 * in exactly one place. It is the promise on the first page of this project.
 */
test('14.3 nothing is lost, nothing is doubled: closed and late are as many as there are ids', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(sending, { maxLength: 12 }), async (sendings) => {
      const { closed, late } = await told(artistMinutes, sendings)
      const counted = closed.reduce((sum, line) => sum + Number(line.split(' ')[2]), 0)
      assert.equal(counted + late.length, new Set(sendings.map(({ id }) => id)).size)
    }),
    { numRuns: 100 },
  )
})

/*
 * A COUNTEREXAMPLE is read like this. Here is a topology as one might write it at first: ids that have been are in a `Set`. Every
 * test without a crash passes. This one throws, and says:
 *
 *     Property failed after 1 tests
 *     { seed: 14, path: "0:1:3:3:3:5:6:6:7", endOnFailure: true }
 *     Counterexample: [[{"id":"e6","artistId":"abba","second":0,"crash":"no"},
 *                       {"id":"e6","artistId":"abba","second":0,"crash":"before its commit"}]]
 *     Shrunk 8 time(s)
 *     …
 *     +     'abba 0 2'          what the topology said
 *     -     'abba 0 1'          what the oracle says
 *
 * What has been made as small as it goes does not matter: the first artist, the second 0. What is left matters: the same id twice, and
 * a crash at the second. That is the bug: what is in the `Set` is gone with the process. (`state` of one's own that survives is a
 * fold's, chapter 13.) Seed and path, given to `fc.assert`, do just this case again, for as long as you look for the reason.
 */
const forgetful = topology('forgetful', ({ read }) => {
  const seen = new Set<string>()
  return read(topics.playsClean, byPlayedAt).pipe(
    filter(({ value: { eventId } }) => {
      const isFirst = !seen.has(eventId)
      seen.add(eventId)
      return isFirst
    }),
    keyBy((value) => value.artistId, { through: topics.playsByArtist }),
    perMinute(),
    route(ends),
  )
})

test('14.4 what fails is made as small as can be: it says what the bug needs, and nothing else', async () => {
  const { counterexample } = await fc.check(saysAsTheOracle(forgetful), { seed: 14 })
  const [first, again, ...more] = counterexample?.[0] ?? []
  assert.deepEqual(more, [])
  assert.equal(first?.id, again?.id)
  assert.deepEqual([first?.crash, again?.crash === 'no'], ['no', false])
})

/* When it is mended, the counterexample stays: as an example, which is tried before all that is made up. */
test('14.5 what has failed once is tried for ever', async () => {
  const found: Sending[] = [
    { id: 'e6', artistId: 'abba', second: 0, crash: 'no' },
    { id: 'e6', artistId: 'abba', second: 0, crash: 'before its commit' },
  ]
  await fc.assert(saysAsTheOracle(artistMinutes), { examples: [[found]], numRuns: 20 })
  await assert.rejects(
    fc.assert(saysAsTheOracle(forgetful), { examples: [[found]], numRuns: 1 }),
    /Counterexample/,
  )
})
