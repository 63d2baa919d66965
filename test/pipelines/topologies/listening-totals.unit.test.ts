import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drive } from '../../../pipelines/engine/testing/drive.ts'
import { listeningTotals } from '../../../pipelines/topologies/listening-totals.ts'
import { topics } from '../../../schemas/topics.ts'
import { at, play } from '../../kit/builders.ts'

test('each play updates the open window of its artist', async () => {
  const kafka = drive(listeningTotals)
  await kafka.send(
    topics.playsClean,
    play({ playedAt: '12:00:10', listener: 'A'.repeat(22), msPlayed: 1_000 }),
  )
  await kafka.send(
    topics.playsClean,
    play({ playedAt: '12:00:50', listener: 'B'.repeat(22), msPlayed: 2_000 }),
  )

  const [first, second] = kafka.written(topics.artistTotalsLive).map(({ value }) => value)
  assert.deepEqual([first?.plays, first?.msPlayed, first?.listeners], [1, 1_000, 1])
  assert.deepEqual([second?.plays, second?.msPlayed, second?.listeners], [2, 3_000, 2])
  assert.deepEqual([second?.windowStart, second?.windowEnd], [at('12:00:00'), at('12:01:00')])
  assert.deepEqual(kafka.written(topics.artistTotals), [])
})

test('a window closes, once, when stream time reaches its end and the grace', async () => {
  const kafka = drive(listeningTotals)
  await kafka.send(topics.playsClean, play({ playedAt: '12:00:10' }))
  await kafka.send(topics.playsClean, play({ playedAt: '12:01:29.999' }))
  assert.equal(kafka.written(topics.artistTotals).length, 0)
  await kafka.send(topics.playsClean, play({ playedAt: '12:01:30' }))
  await kafka.send(topics.playsClean, play({ playedAt: '12:01:31' }))

  const closed = kafka.written(topics.artistTotals)
  assert.equal(closed.length, 1)
  assert.equal(closed[0]?.value.plays, 1)
})

test('a play for an already closed window is late, never lost', async () => {
  const kafka = drive(listeningTotals)
  await kafka.send(topics.playsClean, play({ playedAt: '12:06:00' }))
  await kafka.send(topics.playsClean, play({ playedAt: '12:04:29' }))

  const [late] = kafka.written(topics.latePlays)
  assert.ok(late)
  assert.equal(late.value.streamTime, at('12:06:00'))
  assert.equal(late.value.lateByMs, at('12:06:00') - at('12:05:30'))
  assert.equal(kafka.written(topics.artistTotalsLive).length, 1)
})

test('state survives a crash: counts go on, closed windows stay closed', async () => {
  const kafka = drive(listeningTotals)
  await kafka.send(topics.playsClean, play({ playedAt: '12:00:10' }))
  await kafka.send(topics.playsClean, play({ playedAt: '12:01:40' }))
  kafka.crash()
  await kafka.send(topics.playsClean, play({ playedAt: '12:01:41' }))
  await kafka.send(topics.playsClean, play({ playedAt: '12:00:20' }))

  assert.equal(kafka.written(topics.artistTotalsLive).at(-1)?.value.plays, 2)
  assert.equal(kafka.written(topics.artistTotals).length, 1)
  assert.equal(kafka.written(topics.latePlays).length, 1)
})
