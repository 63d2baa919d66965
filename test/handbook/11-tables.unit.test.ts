/**
 * Chapter 11. Tables.
 *
 * A table is what the updates of a stream amount to: the last value of each key. Chapter 6 has read one and looked something up.
 * This one makes tables of streams, joins them with each other, and says when which kind is the right one.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  combine,
  count,
  fold,
  joinGlobal,
  joinTable,
  joinTables,
  toTable,
  topic,
  topicState,
  topology,
  write,
} from '../../pipelines/engine/index.ts'
import { drive } from '../../pipelines/engine/testing/drive.ts'
import { topics } from '../../schemas/topics.ts'
import { at, play } from '../kit/builders.ts'
import { byPlayedAt, linesIn } from './kit.ts'
import { type Line, countV1, lineV1, lines, plans } from './topics.ts'

const compacted = { 'cleanup.policy': 'compact' }
const names = topic('names', lineV1, 'user', compacted)
const countries = topic('countries', lineV1, 'country', compacted)
const accounts = topic('accounts', lineV1, 'user', compacted)

/*
 * `toTable` makes a table of a stream: of a fold, for instance, whose results are the state of something. `changes` is the way
 * back: each update as a row. Written to a compacted topic it is a table for others.
 *
 *     plays      ada  eve  ada
 *     table      ada: 1    ada: 1, eve: 1    ada: 2, eve: 1
 *     changes    ada 1     eve 1             ada 2
 */
const totals = topic('totals', countV1, 'user', compacted)

test('11.1 the results of a fold are a table, and its changes are a stream again', async () => {
  const kafka = drive(
    topology('totals', ({ read }) => {
      const soFar = read(topics.playsClean).pipe(fold(combine({ plays: count() })))
      toTable(soFar, { codec: topicState(totals) }).changes.pipe(write(totals))
    }),
  )
  for (const key of ['ada', 'eve', 'ada']) await kafka.send(topics.playsClean, play(), { key })
  assert.deepEqual(
    kafka.changes(totals).map(({ key, value }) => `${key} ${value?.plays}`),
    ['ada 1', 'eve 1', 'ada 2'],
  )
})

/*
 * `joinTables` makes one table of two. Unlike a stream that looks something up, EITHER side's change gives a new result:
 *
 *     names        Ada               Ada L.              deleted
 *     plans                paid                                      deleted
 *     inner                Ada+paid  Ada L.+paid         deleted
 *     left         Ada+∅   Ada+paid  Ada L.+paid         deleted
 *     outer        Ada+∅   Ada+paid  Ada L.+paid         ∅+paid      deleted
 *
 * What is gone is deleted by a null, once; where nothing was there is nothing to delete. `changes` of the driver shows the nulls,
 * for `written` would be no list of values any more.
 */
const joinedAs = (kind: 'inner' | 'left' | 'outer') =>
  topology(kind, ({ readTable }) => {
    joinTables(readTable(names), readTable(plans), {
      kind,
      join: (name: Line | null, plan: Line | null): Line => ({
        text: `${name?.text ?? '∅'}+${plan?.text ?? '∅'}`,
      }),
    }).changes.pipe(write(accounts))
  })

test('11.2 a join of two tables is a table: a change of either changes it, and what is gone is deleted once', async () => {
  const changesOf = async (kind: 'inner' | 'left' | 'outer') => {
    const kafka = drive(joinedAs(kind))
    await kafka.send(names, { text: 'Ada' }, { key: 'ada' })
    await kafka.send(plans, { text: 'paid' }, { key: 'ada' })
    await kafka.send(names, { text: 'Ada L.' }, { key: 'ada' })
    await kafka.send(names, null, { key: 'ada' })
    await kafka.send(plans, null, { key: 'ada' })
    return kafka.changes(accounts).map(({ value }) => value?.text ?? null)
  }
  assert.deepEqual(await changesOf('inner'), ['Ada+paid', 'Ada L.+paid', null])
  assert.deepEqual(await changesOf('left'), ['Ada+∅', 'Ada+paid', 'Ada L.+paid', null])
  assert.deepEqual(await changesOf('outer'), ['Ada+∅', 'Ada+paid', 'Ada L.+paid', '∅+paid', null])
})

/*
 * NULL is not a value of a table but its absence: a tombstone. In a stream there is none – a record without a value is a dead
 * letter, `null_value` –, and so a join meets null only where there is nothing. `inner`, the default of `joinTable`, drops such a
 * row, and counts it; so choose `left` where a row has to go on whether or not something is known about it.
 */
test('11.3 an inner join drops rows that meet nothing, and counts them', async () => {
  const kafka = drive(
    topology('paying', ({ read, readTable }) =>
      read(topics.playsClean).pipe(
        joinTable(readTable(plans), {
          join: ({ trackId }, { text }): Line => ({ text: `${trackId} on ${text}` }),
        }),
        write(lines),
      ),
    ),
  )
  await kafka.send(topics.playsClean, play({ trackId: 't1' }), { key: 'ada' })
  await kafka.send(plans, { text: 'paid' }, { key: 'ada' })
  await kafka.send(topics.playsClean, play({ trackId: 't2' }), { key: 'ada' })
  await kafka.send(topics.playsClean, null, { key: 'ada' })

  assert.deepEqual(linesIn(kafka, lines), ['t2 on paid'])
  assert.deepEqual(
    kafka.outcomes().map(({ outcome, reason, count }) => [outcome, reason, count]),
    [
      ['drop', 'no_partner', 1],
      ['dead_letter', 'null_value', 1],
    ],
  )
})

/*
 * IN THE ORDER OF TIME. A row meets what held at its time as far as both are waiting to be read: the one with the earlier time
 * goes first. An update has the time of its record, or that of `readTable(topic, { time })`.
 *
 *     plans           free 12:00              paid 12:30
 *     plays                        12:10                  12:50
 *                                  on free                on paid          although all four waited when it began
 *
 * On Kafka the input that is ahead waits for the other (chapter 4). What no waiting mends is a row that comes when time is past it:
 * a table has no history, so a play that is sent an hour later meets the plan of now.
 */
const onPlan = topology('on-plan', ({ read, readTable }) =>
  read(topics.playsClean, byPlayedAt).pipe(
    joinTable(readTable(plans), {
      kind: 'left',
      join: ({ trackId }, plan): Line => ({ text: `${trackId} on ${plan?.text ?? 'nothing'}` }),
    }),
    write(lines),
  ),
)

test('11.4 a backlog of a stream and a table is read in the order of time; a table has no history', async () => {
  const kafka = drive(onPlan, { now: at('12:00:00') })
  const key = 'ada'
  await kafka.sendAll([
    [plans, { text: 'free' }, { key, timestamp: at('12:00:00') }],
    [plans, { text: 'paid' }, { key, timestamp: at('12:30:00') }],
    [topics.playsClean, play({ trackId: 't1', playedAt: '12:10:00' }), { key }],
    [topics.playsClean, play({ trackId: 't2', playedAt: '12:50:00' }), { key }],
  ])
  assert.deepEqual(linesIn(kafka, lines), ['t1 on free', 't2 on paid'])

  await kafka.send(topics.playsClean, play({ trackId: 't3', playedAt: '12:15:00' }), { key })
  assert.equal(linesIn(kafka, lines).at(-1), 't3 on paid')
})

/*
 * WHEN WHICH. `joinTable` looks under the row's own key, in the part of the table that is in the same partition. A play knows
 * its country, but is neither keyed nor spread by it: the key is FOREIGN. Either `keyBy` brings the plays to the countries, or
 * the countries come to everybody, whole, in each process:
 *
 *                         readTable, joinTable               readGlobalTable, joinGlobal
 *     looks up            the row's own key                  any key: `key: (value) => …`
 *     spread              by the same word                   by anything
 *     each process has    the partitions of its tasks        all of it, so let it be small
 *     order of time       with the rows that it meets        none: what is there by now
 *     after a crash       the row meets what it met before   the row meets what is there by then
 *     good for            plans, profiles, accounts          countries, genres, labels, prices of a few plans
 *
 * What fits neither – too large to keep, changing by the second, to be computed or done – has to be asked for (chapter 12).
 */
test('11.5 a global table is looked up by any key, from any partition', async () => {
  const kafka = drive(
    topology('by-country-name', ({ read, readGlobalTable }) =>
      read(topics.playsClean).pipe(
        joinGlobal(readGlobalTable(countries), {
          key: ({ country }) => country ?? '',
          join: ({ trackId }, { text }): Line => ({ text: `${trackId} in ${text}` }),
        }),
        write(lines),
      ),
    ),
    { partitions: 3 },
  )
  await kafka.send(countries, { text: 'Norway' }, { key: 'NO' })
  for (const partition of [0, 1, 2])
    await kafka.send(topics.playsClean, play({ trackId: `t${partition}` }), { key: 'ada', partition })
  await kafka.send(topics.playsClean, play({ country: null }), { key: 'ada' })
  assert.deepEqual(linesIn(kafka, lines), ['t0 in Norway', 't1 in Norway', 't2 in Norway'])
  assert.deepEqual([...new Set(kafka.written(lines).map(({ key }) => key))], ['ada'])
  assert.deepEqual(
    kafka.outcomes().map(({ reason, count }) => [reason, count]),
    [['no_partner', 1]],
  )
})
