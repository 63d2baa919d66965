/**
 * Chapter 15. From the driver to Kafka.
 *
 * A topology that passes its tests runs on Kafka as it is. This chapter says what it becomes there – which topics, under which
 * names – and what is meant by being as Kafka Streams is. The next one is about changing it.
 *
 *     continuo new topology NAME         the files of a small one that works, to begin with
 *     continuo topology describe NAME    draws it; needs no service
 *     continuo migrate                   makes the topics that `schemas/migrations` list, and registers their schemas
 *     continuo run NAME                  makes the changelogs, restores state, and goes on where it had committed;
 *                                        run it twice, and the two share the partitions
 *     continuo show TOPIC                what a topic holds, as lines of JSON
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type TimeSemantics,
  describe,
  describeAsMermaid,
  describeAsText,
  drop,
  foldWindow,
  hours,
  keyBy,
  minutes,
  ok,
  route,
  step,
  topology,
  tumbling,
} from '../../pipelines/engine/index.ts'
import { drive } from '../../pipelines/engine/testing/drive.ts'
import { latePlay } from '../../pipelines/steps/late-play.ts'
import type { CleanPlay } from '../../schemas/events.ts'
import { topics } from '../../schemas/topics.ts'
import { play } from '../kit/builders.ts'
import { byPlayedAt, countPlays, lateIn, windowsIn } from './kit.ts'
import { closed, countryTotals, countryTotalsLive, late, lateByCountry, playsByCountry } from './topics.ts'

function discardSkips(value: CleanPlay) {
  return value.msPlayed < 30_000 ? drop('skipped') : ok(value)
}

const countryHours = topology('country-hours', ({ read }) =>
  read(topics.playsClean, byPlayedAt).pipe(
    step(discardSkips),
    keyBy((value) => value.country ?? 'unknown', { through: playsByCountry }),
    foldWindow({ windows: tumbling(hours(1), { grace: minutes(5) }), fold: countPlays, late: latePlay }),
    route({ open: countryTotalsLive, closed: countryTotals, late: lateByCountry }),
  ),
)

/*
 * THE GRAPH. `keyBy` cuts this topology in two: rows leave by a topic and come in again, perhaps in another process. Each half
 * is a sub-topology, with a stream time of its own. (`mapAsync` cuts, too, though without a topic: chapter 12.) What you see is all
 * that there will be on Kafka; what `filter` and `map` of RxJS do in between does not show.
 */
test('15.1 `describe` draws what a topology has become, with all its topics and stores', () => {
  assert.equal(
    `\n${describeAsText(describe(countryHours))}`,
    `
country-hours: plays-clean ──▶ country-totals-live, country-totals, late-by-country

Sub-topology 1

  ● read(plays-clean)                 clean-play.v2, by user
  │
  ● step(discardSkips)
  │
  ● keyBy
  ╰───▶ plays-by-country              clean-play.v2, by country; goes on in sub-topology 2

Sub-topology 2

  ● read(plays-by-country)            clean-play.v2, by country
  │
  ● foldWindow                        keeps fold-window-1
  │
  ● route
  ├─ open ────▶ country-totals-live   plays.v1, by country
  ├─ closed ──▶ country-totals        plays.v1, by country
  ╰─ late ────▶ late-by-country       late-play.v1, by country

  Stores          are restored from
  fold-window-1   country-hours-fold-window-1-changelog   compacted
  stream-time     country-hours-stream-time-changelog     compacted

What cannot be read, has no usable time or is set aside by a step goes to dead-letters.
`,
  )
})

/* For a pull request, or a page, the same as Mermaid: topics with round ends, stores as cylinders, a box for each sub-topology. */
test('15.2 Mermaid has every topic, store and sub-topology', () => {
  const described = describe(countryHours)
  const mermaid = describeAsMermaid(described)
  for (const part of [
    'flowchart LR',
    ...[...described.topics.keys()].map((name) => `(["${name}<br>`),
    '[("fold-window-1<br>country-hours-fold-window-1-changelog")]',
    ...described.subTopologies.map(({ number }) => `subgraph sub${number} ["Sub-topology ${number}"]`),
    '  op3 --> topic2',
    '  op6 -->|"late"| topic5',
  ])
    assert.ok(mermaid.includes(part), part)
})

/*
 * NAMES on Kafka are these, with `TOPIC_PREFIX` before each topic. You name inputs, outputs and repartition topics, and a migration
 * makes them; `run` makes the changelogs, with as many partitions as the inputs have.
 *
 *     consumer group         <APPLICATION_ID>.country-hours
 *     repartition topic      plays-by-country                         what `through` names
 *     changelog of a store   country-hours-fold-window-1-changelog    topology, kind of operator, and its `name`, else its number
 *                                                                     among those of its kind without one (chapter 16)
 *     stream time            country-hours-stream-time-changelog      how far each sub-topology has come
 *
 * Changelogs are compacted: of each key the last state is kept, and what is deleted is deleted. An operator that remembers for a time,
 * like `deduplicate`, has Kafka forget as well. `describe` gives all of this as values, for a test or a script of your own.
 */
test('15.3 `describe` lists the topics that have to be on Kafka, and the changelogs', () => {
  const { inputs, repartitioned, outputs, stores } = describe(countryHours)
  assert.deepEqual([inputs, repartitioned], [['plays-clean'], ['plays-by-country']])
  assert.deepEqual(outputs, ['country-totals-live', 'country-totals', 'late-by-country'])
  assert.deepEqual(
    stores.map(({ changelog }) => changelog),
    ['country-hours-fold-window-1-changelog', 'country-hours-stream-time-changelog'],
  )
})

/*
 * KAFKA STREAMS gives a topology the same windows and joins, but another stream time: each operator goes by the rows that reach it.
 * Ours is that of all rows that the sub-topology reads, whatever a step has dropped of them – so windows close although what
 * comes is filtered out – and is stored with the state. Who moves a topology from there, and wants the same numbers row
 * by row, asks for the other one.
 *
 *     played at             12:00:10   12:02:00 (a skip, dropped)   12:00:50   12:03:00
 *     'task'                           time is 12:02: closed, 1     late
 *     'kafka-streams'                  nothing has come             taken      closed, 2
 */
const perMinute = (timeSemantics: TimeSemantics) =>
  topology('per-minute', ({ read }) =>
    read(topics.playsClean, byPlayedAt).pipe(
      step(discardSkips),
      foldWindow({
        windows: tumbling(minutes(1), { grace: 0 }),
        fold: countPlays,
        late: latePlay,
        emit: 'on-close',
        timeSemantics,
      }),
      route({ closed, late }),
    ),
  )

test('15.4 a row that a step drops makes time pass, or does not', async () => {
  async function run(timeSemantics: TimeSemantics) {
    const kafka = drive(perMinute(timeSemantics))
    await kafka.send(topics.playsClean, play({ playedAt: '12:00:10' }))
    await kafka.send(topics.playsClean, play({ playedAt: '12:02:00', msPlayed: 5_000 }))
    await kafka.send(topics.playsClean, play({ playedAt: '12:00:50' }))
    await kafka.send(topics.playsClean, play({ playedAt: '12:03:00' }))
    return { closed: windowsIn(kafka, closed), late: lateIn(kafka, late) }
  }
  assert.deepEqual(await run('task'), { closed: ['12:00–12:01 1'], late: ['12:00:50'] })
  assert.deepEqual(await run('kafka-streams'), { closed: ['12:00–12:01 2'], late: [] })
})
