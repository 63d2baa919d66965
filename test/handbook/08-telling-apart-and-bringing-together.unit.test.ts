/**
 * Chapter 8. Telling rows apart, and bringing them together.
 *
 * Not all rows go one way. `branch` names where each belongs, `only` goes on with one name and discards the rows of the others,
 * `route` ends with all of them, and `merge` makes one stream of several. In between there is RxJS, as far as an operator
 * of it leaves rows what they are: one by one, and now.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filter, map, mergeMap, merge as mergeOfRxJS, mergeWith, take } from 'rxjs'
import { branch, merge, ok, only, route, step, topic, topology, write } from '../../pipelines/engine/index.ts'
import { type TopologyDriver, drive } from '../../pipelines/engine/testing/drive.ts'
import type { CleanPlay } from '../../schemas/events.ts'
import { topics } from '../../schemas/topics.ts'
import { play } from '../kit/builders.ts'

const cleanPlay = topics.playsClean.value
const skips = topic('skips', cleanPlay, 'user')
const listened = topic('listened', cleanPlay, 'user')
const all = topic('all', cleanPlay, 'user')

/*
 * BRANCH asks its conditions in their order, and a row goes to the first that it meets; the last name is for the rest. So
 * nothing is lost, and nothing is there twice. What has a name has to have a topic: leave one out, and it does not compile.
 */
const byLength = branch(
  { skipped: ({ msPlayed }: CleanPlay) => msPlayed < 30_000, partly: ({ msPlayed }) => msPlayed < 120_000 },
  'whole',
)

async function playFor(kafka: TopologyDriver, ...seconds: number[]): Promise<void> {
  for (const each of seconds) await kafka.send(topics.playsClean, play({ msPlayed: each * 1_000 }))
}

const secondsIn = (kafka: TopologyDriver, from: typeof all) =>
  kafka.written(from).map(({ value }) => value.msPlayed / 1_000)

test('8.1 each row goes to the first output whose condition it meets', async () => {
  const kafka = drive(
    topology('by-length', ({ read }) =>
      read(topics.playsClean).pipe(byLength, route({ skipped: skips, partly: listened, whole: listened })),
    ),
  )
  await playFor(kafka, 10, 200, 60, 29)
  assert.deepEqual(secondsIn(kafka, skips), [10, 29])
  assert.deepEqual(secondsIn(kafka, listened), [200, 60])
})

/*
 * SEVERAL ENDS. A stream may be used more than once. Its rows are made once all the same: a step asks once, a fold counts once,
 * whoever listens. Each end writes, and the topology returns nothing. What no `only` asks for is discarded, uncounted: here `partly`.
 * `merge` brings streams together again, each row in its turn:
 *
 *                          ┌─ only('skipped') ── write(skips)
 *     read ── byLength ────┤
 *                          ├─ only('skipped') ──┐
 *                          └─ only('whole') ────┴─ merge ── write(all)
 */
test('8.2 a stream has several ends, and some of it comes together again in order', async () => {
  let asked = 0
  const kafka = drive(
    topology('several-ends', ({ read }) => {
      const rows = read(topics.playsClean).pipe(
        step(function countAsked(value) {
          asked += 1
          return ok(value)
        }),
        byLength,
      )
      const skipped = rows.pipe(only('skipped'))
      skipped.pipe(write(skips))
      merge(skipped, rows.pipe(only('whole'))).pipe(write(all))
    }),
  )
  await playFor(kafka, 10, 200, 60, 29)
  assert.deepEqual(secondsIn(kafka, skips), [10, 29])
  assert.deepEqual(secondsIn(kafka, all), [10, 200, 29])
  assert.equal(asked, 4)
})

/*
 * RXJS works in between where it takes one row and gives some at once: `map`, `filter`, `tap`, `mergeMap` of a list. It sees
 * rows, not values: `{ ...row, value }` keeps key and time. Whether something belongs in a `step` is a question of who should
 * know: what a step drops is counted by its reason, what `filter` drops is counted nowhere.
 *
 * Operators with a memory, `scan`, `pairwise`, `distinct`, work until the process ends; what they remember is in no changelog.
 * What may not be forgotten is a fold's.
 */
test('8.3 operators of RxJS that take one row at a time work in between', async () => {
  const kafka = drive(
    topology('in-between', ({ read }) =>
      read(topics.playsClean).pipe(
        filter(({ value }) => value.country === 'NO'),
        mergeMap((row) => [row, row]),
        map((row) => ({ ...row, value: { ...row.value, msPlayed: row.value.msPlayed / 2 } })),
        write(all),
      ),
    ),
  )
  await kafka.send(topics.playsClean, play({ country: 'NO', msPlayed: 60_000 }))
  await kafka.send(topics.playsClean, play({ country: 'SE' }))
  assert.deepEqual(secondsIn(kafka, all), [30, 30])
})

/*
 * REFUSED is what the engine could not answer for:
 *
 *     merge, concat … of RxJS     their rows come from nowhere, as far as anyone can see: use merge of the engine
 *     mergeWith, withLatestFrom   rows of a second stream come in unseen, outside of time and order: use merge, or a join
 *     delay, mergeMap(promise)    the row would be written after it has been committed: use mapAsync
 *     take, first                 all rows after the last would be read, committed, and lost: use filter
 *
 * The first two are refused when the topology starts, the others at the first row that it happens to.
 */
test('8.4 operators that would lose rows, or hide their source, are refused', async () => {
  assert.throws(
    () =>
      drive(
        topology('foreign', ({ read }) =>
          mergeOfRxJS(read(topics.playsClean), read(topics.duplicatePlays)).pipe(write(all)),
        ),
      ),
    /write\(\) is given rows of which it cannot tell where they come from: .* merge\(\) of the engine/,
  )

  assert.throws(
    () =>
      drive(
        topology('unseen', ({ read }) =>
          read(topics.playsClean).pipe(mergeWith(read(topics.duplicatePlays)), write(all)),
        ),
      ),
    /rows of read\(duplicate-plays\) come in by an operator of RxJS .* use merge\(\) of the engine, or a join/,
  )

  const slow = drive(
    topology('slow', ({ read }) =>
      read(topics.playsClean).pipe(
        mergeMap((row) => Promise.resolve(row)),
        write(all),
      ),
    ),
  )
  await assert.rejects(
    slow.send(topics.playsClean, play()),
    /slow writes to all when no record is processed: .* for mapAsync\(\)/,
  )

  const ending = drive(topology('ending', ({ read }) => read(topics.playsClean).pipe(take(1), write(all))))
  await assert.rejects(
    ending.send(topics.playsClean, play()),
    /write\(all\) gets no more rows: leave out .* take\(\)/,
  )
})

/*
 * WRITE is for one stream and one topic, under the row's own key. ROUTE is for named outputs, a topic for each – and for choosing
 * where in the topic: `key` writes under another key, `partition: 'as-read'` keeps the number of the partition that the record
 * was read from. So what was in order stays in order, although the key is another: `plays-clean` is written like this.
 *
 * A key that `route` writes is for those who read the topic. It brings no rows together in this topology; that is `keyBy`.
 */
test('8.5 route may write under another key, and keep the partition', async () => {
  const kafka = drive(
    topology('by-track', ({ read }) =>
      read(topics.playsClean).pipe(
        byLength,
        route(
          { skipped: skips, partly: listened, whole: listened },
          { key: (value) => value.trackId, partition: 'as-read' },
        ),
      ),
    ),
    { partitions: 3 },
  )
  for (const partition of [2, 0, 1])
    await kafka.send(topics.playsClean, play({ trackId: 't7' }), { key: 'ada', partition })
  assert.deepEqual(
    kafka.written(listened).map(({ key, partition }) => [key, partition]),
    [
      ['t7', 2],
      ['t7', 0],
      ['t7', 1],
    ],
  )
})
