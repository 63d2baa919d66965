/**
 * Chapter 4. Time, and the driver.
 *
 * Rows carry their own time, and most of a topology goes by that alone. This chapter is about what else there is: work that
 * takes its time, things that are done as time passes, inputs that have to be read in order – and what the driver can do to put
 * a test in the middle of them. No test sleeps; the clock is the test's.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type AsyncStep,
  type Outcome,
  drop,
  foldWindow,
  mapAsync,
  merge,
  minutes,
  ok,
  punctuate,
  route,
  step,
  topology,
  tumbling,
  write,
} from '../../pipelines/engine/index.ts'
import { drive } from '../../pipelines/engine/testing/drive.ts'
import { artistTotal } from '../../pipelines/steps/artist-total.ts'
import { latePlay } from '../../pipelines/steps/late-play.ts'
import type { CleanPlay } from '../../schemas/events.ts'
import { topics } from '../../schemas/topics.ts'
import { at, play } from '../kit/builders.ts'

const byPlayedAt = { time: (value: CleanPlay) => value.playedAt }

/*
 * `mapAsync` ASKS someone: a catalogue, a database. It asks about `concurrency` rows at a time, and lets rows go on in their
 * order, whichever answer comes first. The answer is an outcome, as a step's is. Here the catalogue is told when to answer.
 */
function catalogue() {
  const asked = new Map<string, PromiseWithResolvers<string>>()
  const titleOf: AsyncStep<CleanPlay, CleanPlay> = async function titleOf(value) {
    const answer = Promise.withResolvers<string>()
    asked.set(value.trackId, answer)
    // As soon as both have been asked, the second is answered, and then the first.
    if (asked.size === 2) for (const [id, each] of [...asked].reverse()) each.resolve(`title of ${id}`)
    return ok({ ...value, trackName: await answer.promise })
  }
  return titleOf
}

test('4.1 answers may come in any order: rows keep theirs', async () => {
  const titled = topology('titled', ({ read }) =>
    read(topics.playsClean).pipe(mapAsync(catalogue(), { concurrency: 2 }), write(topics.playsByArtist)),
  )
  const kafka = drive(titled)
  /* `sendAll` has several records fetched, and committed, together; `send` would wait for the first to be done. */
  await kafka.sendAll([
    [topics.playsClean, play({ trackId: 't1' })],
    [topics.playsClean, play({ trackId: 't2' })],
  ])
  assert.deepEqual(
    kafka.written(topics.playsByArtist).map(({ value }) => value.trackName),
    ['title of t1', 'title of t2'],
  )
})

/* Who does not answer is no one's data, either: a rejection, or `timeoutMs`, ends the run. What may fail, try again yourself. */
test('4.2 a rejection is a bug, or an outage: it ends the run, and nothing is committed', async () => {
  const kafka = drive(
    topology('away', ({ read }) =>
      read(topics.playsClean).pipe(
        mapAsync((): Promise<Outcome<CleanPlay>> => Promise.reject(new Error('catalogue is away')), {
          concurrency: 2,
        }),
        write(topics.playsByArtist),
      ),
    ),
  )
  await assert.rejects(kafka.send(topics.playsClean, play()), /catalogue is away/)
  assert.equal(kafka.committed(topics.playsClean), 0n)
})

/*
 * PUNCTUATE adds rows of its own as time passes the multiples of `every`. By stream time it goes by the rows, so that a replay of
 * a year emits what the year did; multiples that no row fell on are skipped. (This count is kept in a variable, and is gone after
 * a crash; one that matters is a fold's.)
 *
 *     played at    12:00:10   12:00:50   12:03:20
 *     out          12:00, 1   -          12:03, 2
 */
const counted = (by: 'stream-time' | 'wall-clock') =>
  topology('counted', ({ read }) => {
    let plays = 0
    const rows = read(topics.playsClean, byPlayedAt).pipe(
      punctuate({ every: minutes(1), by }, (time) => [
        { key: 'all', value: play({ trackName: `${plays} so far`, receivedAt: time }) },
      ]),
      step(function onlyCounts(value: CleanPlay) {
        if (value.trackName.endsWith('so far')) return ok(value)
        plays += 1
        return drop('counted')
      }),
    )
    return rows.pipe(write(topics.playsByArtist))
  })
const counts = (kafka: ReturnType<typeof drive>) =>
  kafka.written(topics.playsByArtist).map(({ value }) => [value.receivedAt, value.trackName])

test('4.3 by stream time, it is the rows that make time pass', async () => {
  const kafka = drive(counted('stream-time'))
  for (const playedAt of ['12:00:10', '12:00:50', '12:03:20'])
    await kafka.send(topics.playsClean, play({ playedAt }))
  assert.deepEqual(counts(kafka), [
    [at('12:00:00'), '0 so far'],
    [at('12:03:00'), '2 so far'],
  ])
})

/* By the wall clock it fires although nobody plays anything. `advance` moves that clock, and only that. */
test('4.4 by the wall clock, it is the test that makes time pass', async () => {
  const kafka = drive(counted('wall-clock'), { now: at('12:00:30') })
  await kafka.send(topics.playsClean, play())
  await kafka.advance(minutes(2))
  assert.deepEqual(counts(kafka), [
    [at('12:01:00'), '1 so far'],
    [at('12:02:00'), '1 so far'],
  ])
})

/*
 * SEVERAL INPUTS that meet, in `merge` or a join, are read in the order of their time, however much waits in each; on Kafka one
 * that is behind is waited for, `MAX_TASK_IDLE_MS` at most. So a backlog makes nobody late.
 *
 *     plays-clean       12:00  12:01  12:02  12:03          ┐
 *     duplicate-plays                  12:02:30             ┘  late: none
 */
test('4.5 inputs that meet are read in the order of time', async () => {
  const both = topology('both', ({ read }) =>
    merge(read(topics.playsClean, byPlayedAt), read(topics.duplicatePlays, byPlayedAt)).pipe(
      foldWindow({ windows: tumbling(minutes(1), { grace: 0 }), fold: artistTotal, late: latePlay }),
      route({ open: topics.artistTotalsLive, closed: topics.artistTotals, late: topics.latePlays }),
    ),
  )
  const kafka = drive(both)
  const backlog = ['12:00:00', '12:01:00', '12:02:00', '12:03:00'].map((playedAt) => play({ playedAt }))
  await kafka.sendAll([
    ...backlog.map((value) => [topics.playsClean, value] as const),
    [topics.duplicatePlays, play({ playedAt: '12:02:30' })],
  ])
  assert.deepEqual(kafka.written(topics.latePlays), [])
  assert.deepEqual(
    kafka.written(topics.artistTotals).map(({ value }) => value.plays),
    [1, 1, 2],
  )
})

/*
 * EXACTLY ONCE is a promise about crashes, so a test has to crash at the worst moment: when a run has been processed, and is not
 * committed. Its records come again, and nothing that it wrote or remembered is there.
 */
const perMinute = topology('per-minute', ({ read }) =>
  read(topics.playsClean, byPlayedAt).pipe(
    step((value: CleanPlay) => (value.msPlayed < 30_000 ? drop('skipped') : ok(value))),
    foldWindow({ windows: tumbling(minutes(1), { grace: 0 }), fold: artistTotal, late: latePlay }),
    route({ open: topics.artistTotalsLive, closed: topics.artistTotals, late: topics.latePlays }),
  ),
)

test('4.6 a crash before the commit is not seen in any output', async () => {
  const kafka = drive(perMinute)
  await kafka.send(topics.playsClean, play())
  kafka.crashBeforeCommit()
  await kafka.send(topics.playsClean, play())
  assert.deepEqual(
    kafka.written(topics.artistTotalsLive).map(({ value }) => value.plays),
    [1, 2],
  )
  assert.equal(kafka.committed(topics.playsClean), 2n)
})

/* And what is not written at all can be LOOKED AT: what steps dropped, and what a store holds, decoded. */
test('4.7 outcomes and state can be looked at', async () => {
  const kafka = drive(perMinute)
  await kafka.send(topics.playsClean, play({ msPlayed: 10 }), { key: 'a1' })
  await kafka.send(topics.playsClean, play({ playedAt: '12:00:07' }), { key: 'a1' })

  assert.deepEqual(
    kafka.outcomes().map(({ outcome, reason, count }) => [outcome, reason, count]),
    [['drop', 'skipped', 1]],
  )
  assert.deepEqual(kafka.state('stream-time'), new Map([['plays-clean', at('12:00:07')]]))
  assert.ok(kafka.state('fold-window-1').has(`${at('12:00:00')}:a1`))
})
