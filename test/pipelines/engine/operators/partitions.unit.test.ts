import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  keyBy,
  step,
  topology,
  ok,
  write,
  deduplicate,
  hours,
  route,
} from '../../../../pipelines/engine/index.ts'
import { drive } from '../../../../pipelines/engine/testing/drive.ts'
import { listeningTotals } from '../../../../pipelines/topologies/listening-totals.ts'
import { topics } from '../../../../schemas/topics.ts'
import { play } from '../../../kit/builders.ts'

const { playsClean, playsByArtist, duplicatePlays } = topics
const PARTITIONS = 4

test('keyBy brings all rows of a key to one partition, wherever they came from', async () => {
  const arrival = fc.record({
    artist: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
    partition: fc.nat(PARTITIONS - 1),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(arrival, { maxLength: 30 }), async (arrivals) => {
      const kafka = drive(listeningTotals, { partitions: PARTITIONS })
      for (const { artist, partition } of arrivals)
        await kafka.send(playsClean, play({ artistId: artist }), { partition })
      const rows = kafka.written(playsByArtist)
      assert.deepEqual(
        rows.map(({ key, value }) => [key, value.artistId]),
        arrivals.map(({ artist }) => [artist, artist]),
      )
      const places = new Map(rows.map(({ key, partition }) => [key, partition]))
      assert.ok(rows.every(({ key, partition }) => places.get(key) === partition))
      const counts = new Map(
        kafka.written(topics.artistTotalsLive).map(({ key, value }) => [key, value.plays]),
      )
      for (const [artist, plays] of counts)
        assert.equal(plays, arrivals.filter((each) => each.artist === artist).length)
    }),
    { numRuns: 60 },
  )
})

test('six keys do not all fall on one partition', async () => {
  const kafka = drive(listeningTotals, { partitions: PARTITIONS })
  for (const artistId of ['a', 'b', 'c', 'd', 'e', 'f']) await kafka.send(playsClean, play({ artistId }))
  assert.ok(new Set(kafka.written(playsByArtist).map(({ partition }) => partition)).size > 1)
})

test('rows behind keyBy have the new key', async () => {
  const kafka = drive(
    topology('keyed', ({ read }) =>
      read(playsClean).pipe(
        keyBy(({ trackId }) => trackId, { through: playsByArtist }),
        step((value) => ok({ ...value, country: 'SE' })),
        write(duplicatePlays),
      ),
    ),
  )
  await kafka.send(playsClean, play({ trackId: 't7' }), { key: 'before' })
  assert.deepEqual(
    kafka.written(duplicatePlays).map(({ key, value }) => [key, value.country]),
    [['t7', 'SE']],
  )
})

test('a route as-read keeps the partition number; by key it hashes the new key', async () => {
  const routed = (partition: 'as-read' | 'by-key') =>
    topology('routed', ({ read }) =>
      read(playsClean).pipe(
        deduplicate({ id: ({ eventId }) => eventId, rememberMs: hours(1) }),
        route({ first: playsByArtist, duplicate: duplicatePlays }, { key: () => 'same', partition }),
      ),
    )
  async function partitionsOf(rule: 'as-read' | 'by-key') {
    const kafka = drive(routed(rule), { partitions: PARTITIONS })
    for (let partition = 0; partition < PARTITIONS; partition++)
      await kafka.send(playsClean, play(), { partition })
    return kafka.written(playsByArtist).map(({ partition }) => partition)
  }
  assert.deepEqual(await partitionsOf('as-read'), [0, 1, 2, 3])
  assert.equal(new Set(await partitionsOf('by-key')).size, 1)
})
