import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import {
  type Outcome,
  foldWindow,
  keyBy,
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
import type { CleanPlay } from '../../../../schemas/events.ts'
import { topics } from '../../../../schemas/topics.ts'
import { at, play } from '../../../kit/builders.ts'
import { type Work, answerOf, process, service, taskOf, told, windowed } from './asked-service.ts'
import { tell } from '../../../kit/tell.ts'

const { playsClean, playsByArtist, duplicatePlays } = topics

test('as many are asked at a time as may be, and no more', async () => {
  const { ask, open, answerAll } = service()
  const task = windowed(ask, 3)
  for (let i = 0; i < 5; i++) process(task, play())
  assert.equal(open.length, 3)
  open.splice(2, 1)[0]?.()
  await setImmediate()
  assert.equal(open.length, 3)
  await answerAll(() => 0)
  await task.settled()
  assert.equal(told(task).filter(([topic]) => topic === 'artist-totals-live').length, 5)
})

test('a rejection ends the run with its error, and nothing more is written', async () => {
  const kafka = drive(
    topology('rejecting', ({ read }) =>
      read(playsClean).pipe(
        mapAsync((): Promise<Outcome<CleanPlay>> => Promise.reject(new Error('service is away')), {
          concurrency: 2,
        }),
        write(playsByArtist),
      ),
    ),
  )
  await assert.rejects(kafka.send(playsClean, play()), /service is away/)
  assert.deepEqual(kafka.written(topics.deadLetters), [])
  await assert.rejects(kafka.send(playsClean, play()), /service is away/)
})

test('an exception behind it is one of the run, too', async () => {
  const kafka = drive(
    topology('throwing', ({ read }) =>
      read(playsClean).pipe(
        mapAsync((value) => Promise.resolve(ok(value)), { concurrency: 2 }),
        step((): Outcome<CleanPlay> => {
          throw new Error('division by zero')
        }),
        write(playsByArtist),
      ),
    ),
  )
  await assert.rejects(kafka.send(playsClean, play()), /division by zero/)
})

test('work that takes longer than it may is aborted, and ends the run', async () => {
  mock.timers.enable({ apis: ['setTimeout'] })
  const { ask, signals } = service()
  const task = taskOf(({ read }) =>
    read(playsClean).pipe(mapAsync(ask, { concurrency: 1, timeoutMs: 500 }), write(playsByArtist)),
  )
  process(task, play())
  mock.timers.tick(499)
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [false],
  )
  const settled = task.settled()
  mock.timers.tick(1)
  mock.timers.reset()
  await assert.rejects(
    settled,
    /mapAsync\(ask\): work on a row took longer than 500 ms: .* or raise timeoutMs/,
  )
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [true],
  )
})

test('a task that has ended waits for nothing, and what comes then goes nowhere', async () => {
  const { ask, signals, answerAll } = service()
  const task = windowed(ask, 2)
  for (let i = 0; i < 3; i++) process(task, play())
  const settled = task.settled()
  task.work.end()
  await settled
  assert.ok(signals.length === 2 && signals.every(({ aborted }) => aborted))
  await answerAll(() => 0)
  const outputs = told(task).filter(([topic]) => topic !== 'asking-stream-time-changelog')
  assert.deepEqual(outputs, [])
})

test('work behind work is waited for, too', async () => {
  const kafka = drive(
    topology('twice', ({ read }) =>
      read(playsClean).pipe(
        mapAsync(async (value) => setImmediate(ok(value)), { concurrency: 2 }),
        mapAsync(async (value) => setImmediate(ok({ ...value, country: 'SE' })), { concurrency: 1 }),
        write(playsByArtist),
      ),
    ),
  )
  await kafka.sendAll([
    [playsClean, play()],
    [playsClean, play()],
  ])
  assert.deepEqual(
    kafka.written(playsByArtist).map(({ value }) => value.country),
    ['SE', 'SE'],
  )
})

test('a drop is counted, a dead letter set aside, under the name of the work', async () => {
  const { ask, answerAll } = service(answerOf)
  const kafka = drive(
    topology('counted', ({ read }) =>
      read(playsClean).pipe(mapAsync(ask, { concurrency: 2 }), write(playsByArtist)),
    ),
  )
  const sent = kafka.sendAll([
    [playsClean, play({ country: 'drop' })],
    [playsClean, play({ country: 'wrong' })],
  ])
  for (let i = 0; i < 50; i++) await setImmediate()
  await answerAll(() => 0)
  await sent
  assert.deepEqual(kafka.outcomes(), [
    { step: 'ask', outcome: 'drop', reason: 'not_wanted', count: 1 },
    { step: 'ask', outcome: 'dead_letter', reason: 'wrong', count: 1 },
  ])
  assert.deepEqual(
    kafka.written(topics.deadLetters).map(({ value }) => value.reason),
    ['wrong'],
  )
})

test('the stream time behind it is remembered with the state', async () => {
  const define = topology('remembering', ({ read }) =>
    read(playsClean, { time: ({ playedAt }) => playedAt }).pipe(
      mapAsync((value: CleanPlay) => Promise.resolve(ok(value)), { concurrency: 2 }),
      foldWindow({ windows: tumbling(minutes(1), { grace: 0 }), fold: artistTotal, late: latePlay }),
      route({ open: topics.artistTotalsLive, closed: topics.artistTotals, late: topics.latePlays }),
    ),
  )
  const kafka = drive(define)
  await kafka.send(playsClean, play({ playedAt: '12:05:00' }))
  assert.deepEqual(kafka.state('stream-time').get('map-async-1'), { time: at('12:05:00'), idle: false })
  kafka.crash()
  await kafka.send(playsClean, play({ playedAt: '12:04:00' }))
  assert.equal(kafka.written(topics.latePlays).length, 1)
})

test('the grace behind it bounds how far ahead a time may be', () => {
  const ahead = (aheadMs: number) =>
    drive(
      topology('ahead', ({ read }) =>
        read(playsClean, { time: ({ playedAt }) => playedAt, aheadMs }).pipe(
          mapAsync((value: CleanPlay) => Promise.resolve(ok(value)), { concurrency: 1 }),
          foldWindow({ windows: tumbling(minutes(1), { grace: 100 }), fold: artistTotal, late: latePlay }),
          tell(),
        ),
      ),
    )
  ahead(100)
  assert.throws(() => ahead(101), /times 101 ms ahead would close windows with a grace of 100 ms/)
})

test('rows behind it do not meet those that need not wait, but for a topic in between', () => {
  const meeting = (through: boolean) =>
    drive(
      topology('meeting', ({ read }) => {
        const asked = read(playsClean).pipe(
          mapAsync((value: CleanPlay) => Promise.resolve(ok(value)), { concurrency: 1 }),
        )
        const late = through
          ? asked.pipe(
              keyBy((value) => value.artistId, { through: { ...duplicatePlays, partitioning: 'user' } }),
            )
          : asked
        return merge(late, read(playsClean)).pipe(write(playsByArtist))
      }),
    )
  meeting(true)
  assert.throws(
    () => meeting(false),
    /rows behind map-async-1 .* cannot meet those of plays-clean: .* keyBy\(\)/,
  )
})

test('limits that would never do are refused where they are written', () => {
  const work: Work = (value) => Promise.resolve(ok(value))
  for (const concurrency of [0, 1.5, NaN])
    assert.throws(() => mapAsync(work, { concurrency }), /concurrency of .* give 1 or more/)
  for (const timeoutMs of [0, 0.5, NaN])
    assert.throws(() => mapAsync(work, { concurrency: 1, timeoutMs }), /time-out of .* ms would always fail/)
})
