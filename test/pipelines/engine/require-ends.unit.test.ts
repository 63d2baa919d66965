import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  deduplicate,
  hours,
  joinTable,
  joinTables,
  keyBy,
  ok,
  step,
  topology,
  write,
} from '../../../pipelines/engine/index.ts'
import { drive } from '../../../pipelines/engine/testing/drive.ts'
import { topics } from '../../../schemas/topics.ts'

const { playsClean, playsByArtist } = topics

for (const [what, define, whose] of [
  [
    'rows without an end',
    ({ read }) => read(playsClean).pipe(deduplicate({ id: ({ eventId }) => eventId, rememberMs: hours(1) })),
    'deduplicate(deduplicate-1)',
  ],
  [
    'a branch beside one that is written',
    ({ read }) => {
      const rows = read(playsClean)
      rows.pipe(
        step(function forgotten(value) {
          return ok(value)
        }),
      )
      return rows.pipe(write(playsByArtist))
    },
    'step(forgotten)',
  ],
  ['a topic that is read for nothing', ({ read }) => read(playsClean), 'read(plays-clean)'],
  [
    'a repartition topic that is read for nothing',
    ({ read }) => read(playsClean).pipe(keyBy(({ artistId }) => artistId, { through: playsByArtist })),
    'read(plays-by-artist)',
  ],
] satisfies [string, Parameters<typeof topology>[1], string][])
  test(`${what}: refused at start, for they would be lost`, () => {
    assert.throws(() => drive(topology('endless', define)), {
      name: 'TopologyError',
      message: `endless: the rows of ${whose} go nowhere: end with write() or route()`,
    })
  })

test('a table that others look up in needs no other end', () => {
  const tables = topology('tables', ({ read, readTable }) => {
    const totals = readTable(topics.artistTotals)
    joinTables(totals, totals, { kind: 'inner', join: (one) => one })
    return read(playsByArtist).pipe(joinTable(totals, { join: (value) => value }), write(playsByArtist))
  })
  assert.doesNotThrow(() => drive(tables))
})
