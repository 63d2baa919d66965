import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hours, keyBy, punctuate, seconds, topology, write } from '../../../../pipelines/engine/index.ts'
import { drive } from '../../../../pipelines/engine/testing/drive.ts'
import { listeningTotals } from '../../../../pipelines/topologies/listening-totals.ts'
import { topics } from '../../../../schemas/topics.ts'
import { at, play } from '../../../kit/builders.ts'

const { playsClean, playsByArtist, duplicatePlays } = topics

test('the clock goes on as the test says, and reaches no stream time', async () => {
  const kafka = drive(listeningTotals, { now: at('12:00:00') })
  await kafka.send(playsClean, play({ playedAt: '12:00:00' }))
  await kafka.advance(hours(5))
  assert.equal(kafka.now, at('17:00:00'))
  assert.deepEqual(kafka.written(topics.artistTotals), [])
})

test('the clock is known to operators once a second on the way', async () => {
  const kafka = drive(
    topology('ticking', ({ read }) =>
      read(playsClean).pipe(
        punctuate({ every: seconds(2), by: 'wall-clock' }, (now) => [
          { key: 'k', value: play({ receivedAt: now }) },
        ]),
        write(playsByArtist),
      ),
    ),
    { now: at('12:00:00.500') },
  )
  await kafka.advance(seconds(5))
  await kafka.advance(500)
  assert.deepEqual(
    kafka.written(playsByArtist).map(({ value }) => value.receivedAt),
    [at('12:00:02'), at('12:00:04'), at('12:00:06')],
  )
})

test('what a tick emits goes through repartition topics; one that a crash fell on is not made up for', async () => {
  const kafka = drive(
    topology('ticking', ({ read }) =>
      read(playsClean).pipe(
        punctuate({ every: seconds(1), by: 'wall-clock' }, () => [{ key: 'k', value: play() }]),
        keyBy((value) => value.artistId, { through: playsByArtist }),
        write(duplicatePlays),
      ),
    ),
    { now: at('12:00:00') },
  )
  // The task begins anew at the first second, with the next one to come.
  kafka.crashBeforeCommit()
  await kafka.advance(seconds(2))
  assert.deepEqual(
    kafka.written(duplicatePlays).map(({ key }) => key),
    ['a1'],
  )
})
