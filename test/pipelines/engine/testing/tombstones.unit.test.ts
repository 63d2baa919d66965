import assert from 'node:assert/strict'
import { test } from 'node:test'
import { joinTable, topology, write } from '../../../../pipelines/engine/index.ts'
import { drive } from '../../../../pipelines/engine/testing/drive.ts'
import type { CleanPlay } from '../../../../schemas/events.ts'
import { topics } from '../../../../schemas/topics.ts'
import { at, play } from '../../../kit/builders.ts'

const { playsClean, playsByArtist, duplicatePlays } = topics

const named = (trackName: string, playedAt: string) => play({ trackName, playedAt })

test('among several sendings null is a tombstone, which takes its turn by the time of its record', async () => {
  const time = (value: CleanPlay) => value.playedAt
  const kafka = drive(
    topology('deleted', ({ read, readTable }) =>
      read(playsClean, { time }).pipe(
        joinTable(readTable(duplicatePlays, { time }), {
          kind: 'left',
          join: (value, table) => ({ ...value, trackName: `${value.trackName} ${table?.trackName ?? '-'}` }),
        }),
        write(playsByArtist),
      ),
    ),
  )
  await kafka.sendAll([
    [playsClean, named('x', '12:00:01')],
    [playsClean, named('y', '12:00:03')],
    [duplicatePlays, named('a', '12:00:00')],
    [duplicatePlays, null, { timestamp: at('12:00:02') }],
  ])
  const names = kafka.written(playsByArtist).map(({ value }) => value.trackName)
  assert.deepEqual(names, ['x a', 'y -'])
})
