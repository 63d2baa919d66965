/**
 * Chapter 6. Tables and joins.
 *
 * A stream says what happened; a table says what holds, by key. Rows look up what holds in a table, and find rows of other
 * streams that are near in time. Who meets must be in the same task: both sides are spread by the same word.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  avroSchema,
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
import type { CleanPlay } from '../../schemas/events.ts'
import { topics } from '../../schemas/topics.ts'
import { at, play } from '../kit/builders.ts'

interface Line {
  text: string
}

const lineV1 = avroSchema<Line>('line.v1', {
  type: 'record',
  name: 'Line',
  fields: [{ name: 'text', type: 'string' }],
})

/* What a listener pays for is a TABLE: its topic is compacted, keyed by listener, and spread as their plays are. */
const plans = topic('plans', lineV1, 'user', { 'cleanup.policy': 'compact' })
const lines = topic('lines', lineV1, 'user')
const late = topic('late-lines', lineV1, 'user')

const byPlayedAt = { time: (value: CleanPlay) => value.playedAt }

/*
 * `readTable` keeps the last value of each key; `joinTable` gives each row what the table holds at that moment. Here the rows
 * are sessions that are over, and each is told with the plan of its listener.
 *
 *     plans       ada: free                      ada: paid
 *     plays                   12:00   12:05                    13:00
 *     told                                       ada: 2 plays on paid     when the session is over
 */
const sessionsByPlan = topology('sessions-by-plan', ({ read, readTable }) => {
  const told = read(topics.playsClean, byPlayedAt).pipe(
    foldWindow({
      windows: session(minutes(10), { grace: minutes(5) }),
      fold: combine({ plays: count() }),
      late: latePlay,
    }),
  )
  told.pipe(
    only('closed'),
    joinTable(readTable(plans), {
      kind: 'left',
      join: ({ plays }, plan, listener): Line => ({
        text: `${listener}: ${plays} plays on ${plan?.text ?? 'nothing'}`,
      }),
    }),
    write(lines),
  )
  told.pipe(only('late'), write(topics.latePlays))
})

const textsOf = (kafka: ReturnType<typeof drive>) => kafka.written(lines).map(({ value }) => value.text)

test('6.1 a row meets what the table holds when it comes', async () => {
  const kafka = drive(sessionsByPlan, { now: at('11:00:00') })
  await kafka.send(plans, { text: 'free' }, { key: 'ada' })
  for (const playedAt of ['12:00:00', '12:05:00'])
    await kafka.send(topics.playsClean, play({ playedAt }), { key: 'ada' })
  await kafka.send(plans, { text: 'paid' }, { key: 'ada' })
  await kafka.send(topics.playsClean, play({ playedAt: '13:00:00' }), { key: 'eve' })
  assert.deepEqual(textsOf(kafka), ['ada: 2 plays on paid'])
})

/* A value of null is a TOMBSTONE: it takes the key out of the table. It survives a crash as everything does. */
test('6.2 what is deleted is met by nobody', async () => {
  const kafka = drive(sessionsByPlan, { now: at('11:00:00') })
  await kafka.send(plans, { text: 'free' }, { key: 'ada' })
  await kafka.send(plans, null, { key: 'ada' })
  kafka.crash()
  await kafka.send(topics.playsClean, play({ playedAt: '12:00:00' }), { key: 'ada' })
  await kafka.send(topics.playsClean, play({ playedAt: '13:00:00' }), { key: 'eve' })
  assert.deepEqual(textsOf(kafka), ['ada: 1 plays on nothing'])
})

/*
 * `joinStream` brings rows of two streams together whose times are near. A duplicate is a play that was sent twice: how long
 * after the first, if it was within a minute? A left row that finds nobody comes out with null, once nobody can come any more.
 */
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
    route({ joined: lines, late }),
  ),
)

test('6.3 rows that are near in time are paired; one that stays alone is told when nobody can come any more', async () => {
  const kafka = drive(repeated)
  await kafka.send(topics.playsClean, play({ trackId: 't1', playedAt: '12:00:00' }), { key: 'ada' })
  await kafka.send(topics.playsClean, play({ trackId: 't2', playedAt: '12:00:10' }), { key: 'eve' })
  await kafka.send(topics.duplicatePlays, play({ playedAt: '12:00:40' }), { key: 'ada' })
  assert.deepEqual(textsOf(kafka), ['t1 again'])
  await kafka.send(topics.duplicatePlays, play({ playedAt: '12:05:00' }), { key: 'eve' })
  assert.deepEqual(textsOf(kafka), ['t1 again', 't2 once'])
})
