/**
 * Chapter 6. Tables and joins.
 *
 * A stream says what happened; a table says what holds, by key. Rows look up what holds in a table, and find rows of other
 * streams that are near in time. Who meets must be in the same task: both sides are spread by the same word.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  combine,
  count,
  foldWindow,
  joinStream,
  joinTable,
  minutes,
  only,
  route,
  seconds,
  session,
  topic,
  topicState,
  topology,
  write,
} from '../../pipelines/engine/index.ts'
import { drive } from '../../pipelines/engine/testing/drive.ts'
import { latePlay } from '../../pipelines/steps/late-play.ts'
import { topics } from '../../schemas/topics.ts'
import { at, play } from '../kit/builders.ts'
import { byPlayedAt, linesIn } from './kit.ts'
import { type Line, late, lineV1, lines, plans } from './topics.ts'

/*
 * What a listener pays for is a TABLE: `plans` is compacted, keyed by listener, and spread as their plays are. `readTable` keeps
 * the last value of each key; `joinTable` gives each row what the table holds at that moment. Here the rows are sessions that
 * are over, and each is joined with the plan of its listener.
 *
 *     plans       ada: free                      ada: paid
 *     plays                   12:00   12:05                    13:00
 *     joined                                                   ada: 2 plays on paid
 */
const sessionsByPlan = topology('sessions-by-plan', ({ read, readTable }) => {
  const sessions = read(topics.playsClean, byPlayedAt).pipe(
    foldWindow({
      windows: session(minutes(10), { grace: minutes(5) }),
      fold: combine({ plays: count() }),
      late: latePlay,
    }),
  )
  sessions.pipe(
    only('closed'),
    joinTable(readTable(plans), {
      kind: 'left',
      join: ({ plays }, plan, listener): Line => ({
        text: `${listener}: ${plays} plays on ${plan?.text ?? 'nothing'}`,
      }),
    }),
    write(lines),
  )
  sessions.pipe(only('late'), write(late))
})

test('6.1 a row meets what the table holds when it comes', async () => {
  const kafka = drive(sessionsByPlan, { now: at('11:00:00') })
  await kafka.send(plans, { text: 'free' }, { key: 'ada' })
  for (const playedAt of ['12:00:00', '12:05:00'])
    await kafka.send(topics.playsClean, play({ playedAt }), { key: 'ada' })
  await kafka.send(plans, { text: 'paid' }, { key: 'ada' })
  await kafka.send(topics.playsClean, play({ playedAt: '13:00:00' }), { key: 'eve' })
  assert.deepEqual(linesIn(kafka, lines), ['ada: 2 plays on paid'])
})

/* A value of null is a TOMBSTONE: it takes the key out of the table. It survives a crash as everything does. */
test('6.2 what is deleted is met by nobody', async () => {
  const kafka = drive(sessionsByPlan, { now: at('11:00:00') })
  await kafka.send(plans, { text: 'free' }, { key: 'ada' })
  await kafka.send(plans, null, { key: 'ada' })
  kafka.crash()
  await kafka.send(topics.playsClean, play({ playedAt: '12:00:00' }), { key: 'ada' })
  await kafka.send(topics.playsClean, play({ playedAt: '13:00:00' }), { key: 'eve' })
  assert.deepEqual(linesIn(kafka, lines), ['ada: 1 plays on nothing'])
})

/*
 * `joinStream` brings rows of two streams together whose times are near. A duplicate is a play that was sent twice: did it
 * come within a minute? A left row without a partner is emitted with null, once none can come any more.
 */
const lateLines = topic('late-lines', lineV1, 'user')
const playState = topicState(topics.playsClean)

const repeated = topology('repeated', ({ read }) =>
  read(topics.playsClean, byPlayedAt).pipe(
    joinStream(read(topics.duplicatePlays, byPlayedAt), {
      within: minutes(1),
      grace: seconds(10),
      kind: 'left',
      join: (first, again): Line => ({
        text: again === null ? `${first.trackId} once` : `${first.trackId} again`,
      }),
      late: ({ side }): Line => ({ text: side }),
      leftCodec: playState,
      rightCodec: playState,
    }),
    route({ joined: lines, late: lateLines }),
  ),
)

test('6.3 rows that are near in time are paired; one without a partner is emitted when none can come any more', async () => {
  const kafka = drive(repeated)
  await kafka.send(topics.playsClean, play({ trackId: 't1', playedAt: '12:00:00' }), { key: 'ada' })
  await kafka.send(topics.playsClean, play({ trackId: 't2', playedAt: '12:00:10' }), { key: 'eve' })
  await kafka.send(topics.duplicatePlays, play({ playedAt: '12:00:40' }), { key: 'ada' })
  assert.deepEqual(linesIn(kafka, lines), ['t1 again'])
  await kafka.send(topics.duplicatePlays, play({ playedAt: '12:05:00' }), { key: 'eve' })
  assert.deepEqual(linesIn(kafka, lines), ['t1 again', 't2 once'])
})
