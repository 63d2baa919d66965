import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { deduplicate, hours, route, topology, write } from '../../../../pipelines/engine/index.ts'
import { drive } from '../../../../pipelines/engine/testing/drive.ts'
import type { CleanPlay } from '../../../../schemas/events.ts'
import { topics } from '../../../../schemas/topics.ts'
import { play } from '../../../kit/builders.ts'

const { playsClean, playsByArtist, duplicatePlays } = topics

const named = (trackName: string, playedAt: string) => play({ trackName, playedAt })
const namesIn = (rows: { value: CleanPlay }[]) => rows.map(({ value }) => value.trackName)

const withoutDuplicates = topology('without-duplicates', ({ read }) =>
  read(playsClean).pipe(
    deduplicate({ id: ({ eventId }) => eventId, rememberMs: hours(1) }),
    route({ first: playsByArtist, duplicate: duplicatePlays }),
  ),
)

describe('what is sent to nobody', () => {
  test('a topic that the topology does not read is refused, with those that it does', async () => {
    const kafka = drive(withoutDuplicates)
    const message = 'without-duplicates does not read plays-by-artist: send to plays-clean'
    await assert.rejects(kafka.send(playsByArtist, play()), { name: 'RangeError', message })
    await assert.rejects(kafka.sendAll([[playsByArtist, play()]]), { name: 'RangeError', message })
    assert.deepEqual(kafka.written(playsByArtist), [])
  })

  test('a partition that is not there is refused', async () => {
    const kafka = drive(withoutDuplicates, { partitions: 2 })
    for (const partition of [2, -1, NaN])
      await assert.rejects(kafka.send(playsClean, play(), { partition }), {
        name: 'RangeError',
        message: `plays-clean has no partition ${partition} but 2: see drive(…, { partitions })`,
      })
  })
})

test('a record whose time could not be extracted comes again after a crash', async () => {
  let isBroken = true
  const kafka = drive(
    topology('timed', ({ read }) => {
      const time = (value: CleanPlay) => {
        if (isBroken) throw new Error('a bug in time')
        return value.playedAt
      }
      return read(playsClean, { time }).pipe(write(playsByArtist))
    }),
  )
  await assert.rejects(kafka.send(playsClean, named('one', '12:00:00')), /a bug in time/)
  isBroken = false
  kafka.crash()
  await kafka.send(playsClean, named('two', '12:01:00'))
  assert.deepEqual(namesIn(kafka.written(playsByArtist)), ['one', 'two'])
})
