import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import {
  deadLetter,
  deduplicate,
  drop,
  foldWindow,
  hours,
  mapAsync,
  merge,
  minutes,
  ok,
  route,
  step,
  topology,
  tumbling,
  write,
} from '../../../../pipelines/engine/index.ts'
import { drive } from '../../../../pipelines/engine/testing/drive.ts'
import { artistTotal } from '../../../../pipelines/steps/artist-total.ts'
import { latePlay } from '../../../../pipelines/steps/late-play.ts'
import { listeningTotals } from '../../../../pipelines/topologies/listening-totals.ts'
import type { CleanPlay } from '../../../../schemas/events.ts'
import { topics } from '../../../../schemas/topics.ts'
import { at, play } from '../../../kit/builders.ts'

const { playsClean, playsByArtist, duplicatePlays } = topics

const named = (trackName: string, playedAt: string) => play({ trackName, playedAt })
const namesIn = (rows: { value: CleanPlay }[]) => rows.map(({ value }) => value.trackName)

const withoutDuplicates = topology('without-duplicates', ({ read }) =>
  read(playsClean).pipe(
    step(function judge(value: CleanPlay) {
      if (value.country === null) return deadLetter('no_country')
      return value.msPlayed < 1_000 ? drop('skipped') : ok(value)
    }),
    deduplicate({ id: ({ eventId }) => eventId, rememberMs: hours(1) }),
    route({ first: playsByArtist, duplicate: duplicatePlays }),
  ),
)

/** Plays of two topics that meet. */
const merged = topology('merged', ({ read }) => {
  const time = (value: CleanPlay) => value.playedAt
  return merge(read(playsClean, { time }), read(duplicatePlays, { time })).pipe(write(playsByArtist))
})

describe('offsets', () => {
  test('what has been committed is the next offset, of each partition', async () => {
    const kafka = drive(listeningTotals, { partitions: 2 })
    assert.equal(kafka.committed(playsClean), 0n)
    await kafka.send(playsClean, play(), { partition: 1 })
    await kafka.send(playsClean, play(), { partition: 1 })
    assert.deepEqual([kafka.committed(playsClean), kafka.committed(playsClean, 1)], [0n, 2n])
    const repartitioned = [0, 1].map((partition) => kafka.committed(playsByArtist, partition))
    // The two plays in one of them; in each what says how far one task has come, and that the other has nothing to read.
    assert.deepEqual(repartitioned.toSorted(), [2n, 4n])
  })

  test('a run that fails commits nothing', async () => {
    const kafka = drive(
      topology('failing', ({ read }) =>
        read(playsClean).pipe(
          step((value: CleanPlay) => {
            if (value.country === null) throw new Error('a bug')
            return ok(value)
          }),
          write(playsByArtist),
        ),
      ),
    )
    const run = kafka.sendAll([
      [playsClean, play()],
      [playsClean, play({ country: null })],
    ])
    await assert.rejects(run, /a bug/)
    assert.equal(kafka.committed(playsClean), 0n)
    assert.deepEqual(kafka.written(playsByArtist), [])
  })

  test('what a failed run was given comes again after the crash, once, before what is sent next', async () => {
    let isAway = false
    const kafka = drive(
      topology('asking', ({ read }) =>
        read(playsClean).pipe(
          mapAsync(
            (value: CleanPlay) => (isAway ? Promise.reject(new Error('away')) : Promise.resolve(ok(value))),
            { concurrency: 2 },
          ),
          write(playsByArtist),
        ),
      ),
      { partitions: 2 },
    )
    await kafka.send(playsClean, named('one', '12:00:00'))
    isAway = true
    const run = kafka.sendAll([
      [playsClean, named('two', '12:01:00'), { partition: 0 }],
      [playsClean, named('three', '12:02:00'), { partition: 1 }],
    ])
    await assert.rejects(run, /away/)
    await assert.rejects(kafka.send(playsClean, named('four', '12:03:00')), /away/)
    isAway = false
    kafka.crash()
    await kafka.send(playsClean, named('five', '12:04:00'))
    assert.deepEqual(namesIn(kafka.written(playsByArtist)), ['one', 'two', 'three', 'four', 'five'])
    const committed = [0, 1].map((partition) => kafka.committed(playsClean, partition))
    assert.equal(
      committed.reduce((sum, offset) => sum + offset),
      5n,
    )
  })
})

describe('several records in one run', () => {
  test('they are committed together, and outputs come in their order', async () => {
    const kafka = drive(withoutDuplicates)
    await kafka.sendAll([
      [playsClean, named('one', '12:00:00')],
      [playsClean, named('two', '11:00:00')],
    ])
    assert.deepEqual(namesIn(kafka.written(playsByArtist)), ['one', 'two'])
    assert.equal(kafka.committed(playsClean), 2n)
  })

  test('inputs of very different backlog that meet are taken in the order of time', async () => {
    const kafka = drive(merged)
    const backlog = Array.from({ length: 300 }, (_, minute) =>
      play({ trackName: `b${minute}`, playedAt: new Date(minute * 60_000).toISOString().slice(11, 19) }),
    )
    const few = [named('x', '00:10:30'), named('y', '04:00:30')]
    await kafka.sendAll([
      ...backlog.map((value) => [playsClean, value] as const),
      ...few.map((value) => [duplicatePlays, value] as const),
    ])
    const times = kafka.written(playsByArtist).map(({ value }) => value.playedAt)
    assert.equal(times.length, 302)
    assert.deepEqual(
      times,
      times.toSorted((one, two) => one - two),
    )
  })

  test('a clock that is hours ahead is a dead letter, and makes nobody wait for it', async () => {
    const time = (value: CleanPlay) => value.playedAt
    const kafka = drive(
      topology('ahead', ({ read }) =>
        merge(read(playsClean, { time }), read(duplicatePlays, { time })).pipe(
          foldWindow({ windows: tumbling(minutes(1), { grace: 0 }), fold: artistTotal, late: latePlay }),
          route({ open: topics.artistTotalsLive, closed: topics.artistTotals, late: topics.latePlays }),
        ),
      ),
      { now: at('12:30:00') },
    )
    await kafka.sendAll([
      [playsClean, named('ahead', '23:00:00'), { timestamp: at('12:30:00') }],
      [playsClean, named('one', '12:00:00')],
      [duplicatePlays, named('two', '12:10:00')],
    ])
    assert.deepEqual(kafka.written(topics.latePlays), [])
    assert.deepEqual(
      kafka.written(topics.deadLetters).map(({ value }) => value.reason),
      ['time_in_future'],
    )
  })

  test('inputs that do not meet keep the order in which they were sent', async () => {
    const kafka = drive(
      topology('apart', ({ read }) => {
        const time = (value: CleanPlay) => value.playedAt
        read(duplicatePlays, { time }).pipe(write(playsByArtist))
        return read(playsClean, { time }).pipe(write(playsByArtist))
      }),
    )
    await kafka.sendAll([
      [playsClean, named('later', '13:00:00')],
      [duplicatePlays, named('earlier', '12:00:00')],
    ])
    assert.deepEqual(namesIn(kafka.written(playsByArtist)), ['later', 'earlier'])
  })
})

describe('a crash before the commit', () => {
  const total = topology('total', ({ read }) =>
    read(playsClean, { time: ({ playedAt }) => playedAt }).pipe(
      mapAsync(async (value: CleanPlay) => setImmediate(ok(value)), { concurrency: 2 }),
      deduplicate({ id: ({ eventId }) => eventId, rememberMs: hours(24) }),
      step((value: CleanPlay) => (value.country === null ? drop('no_country') : ok(value))),
      foldWindow({ windows: tumbling(minutes(1), { grace: 0 }), fold: artistTotal, late: latePlay }),
      route({ open: topics.artistTotalsLive, closed: topics.artistTotals, late: topics.latePlays }),
    ),
  )
  const sent = fc.record({
    eventId: fc.constantFrom('e1', 'e2', 'e3', 'e4'),
    minute: fc.nat(5),
    country: fc.constantFrom('NO', null),
    before: fc.constantFrom('nothing', 'crash', 'crash before commit'),
  })

  test('shows in no output, state, offset or count, wherever it comes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(sent, { minLength: 1, maxLength: 3 }), { maxLength: 6 }),
        async (runs) => {
          const outcome = async (crashing: boolean) => {
            const kafka = drive(total)
            for (const run of runs) {
              if (crashing && run[0]?.before === 'crash') kafka.crash()
              if (crashing && run[0]?.before === 'crash before commit') kafka.crashBeforeCommit()
              await kafka.sendAll(
                run.map(
                  ({ eventId, minute, country }) =>
                    [playsClean, play({ eventId, country, playedAt: `12:0${minute}:00` })] as const,
                ),
              )
            }
            const { artistTotalsLive, artistTotals, latePlays } = topics
            return {
              written: [artistTotalsLive, artistTotals, latePlays].map((topic) =>
                kafka.written<unknown>(topic),
              ),
              state: ['deduplicate-1', 'fold-window-1', 'stream-time'].map((store) => [
                ...kafka.state(store),
              ]),
              committed: kafka.committed(playsClean),
              outcomes: kafka.outcomes(),
            }
          }
          assert.deepEqual(await outcome(true), await outcome(false))
        },
      ),
      { numRuns: 200 },
    )
  })

  test('loses one run only: the next is as ever', async () => {
    const seen: string[] = []
    const kafka = drive(
      topology('seen', ({ read }) =>
        read(playsClean).pipe(
          step((value: CleanPlay) => {
            seen.push(value.trackName)
            return ok(value)
          }),
          write(playsByArtist),
        ),
      ),
    )
    kafka.crashBeforeCommit()
    await kafka.send(playsClean, named('one', '12:00:00'))
    await kafka.send(playsClean, named('two', '12:00:00'))
    assert.deepEqual(seen, ['one', 'one', 'two'])
    assert.deepEqual(namesIn(kafka.written(playsByArtist)), ['one', 'two'])
  })
})

describe('what can be looked at', () => {
  test('outcomes are counted by step and reason', async () => {
    const kafka = drive(withoutDuplicates)
    for (const msPlayed of [0, 2_000, 10]) await kafka.send(playsClean, play({ msPlayed }))
    await kafka.send(playsClean, play({ country: null }))
    assert.deepEqual(kafka.outcomes(), [
      { step: 'judge', outcome: 'drop', reason: 'skipped', count: 2 },
      { step: 'judge', outcome: 'dead_letter', reason: 'no_country', count: 1 },
    ])
  })

  test('state is decoded, by store and partition; what is not there is named', async () => {
    const kafka = drive(withoutDuplicates, { partitions: 2 })
    await kafka.send(playsClean, play({ eventId: 'e' }), { partition: 1, timestamp: 7 })
    assert.deepEqual(kafka.state('deduplicate-1'), new Map())
    assert.deepEqual(kafka.state('deduplicate-1', 1), new Map([['e', 7]]))
    assert.throws(() => kafka.state('fold'), /without-duplicates has no store fold but deduplicate-1/)
    assert.throws(() => kafka.state('deduplicate-1', 2), /no partition 2: see drive/)
  })

  test('inputs that meet although they are spread by different things are refused', () => {
    assert.throws(
      () =>
        drive(
          topology('mixed', ({ read }) =>
            merge<unknown>(read(playsClean), read(playsByArtist)).pipe((rows) => rows),
          ),
        ),
      /mixed brings plays-clean and plays-by-artist together, .* by user and the other by artist: .* keyBy\(\)/,
    )
  })
})
