import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import {
  avroState,
  foldWindow,
  joinStream,
  keyBy,
  merge,
  topology,
} from '../../../../pipelines/engine/index.ts'
import { drive } from '../../../../pipelines/engine/testing/drive.ts'
import type { Windows } from '../../../../pipelines/engine/windows.ts'
import { TablesOnDisk } from '../../../kit/tables-on-disk.ts'
import { tell } from '../../../kit/tell.ts'
import { type Reading, readings, tally } from '../windowing/folding.ts'
import { kindsOfWindows } from '../windowing/kinds-of-windows.ts'
import { type Sent, drain, keyOf, readingsNamed, unevenSources, upTo } from './uneven-sources.ts'

const RUNS = 40

const tables = new TablesOnDisk()
after(() => tables.close())

const time = (reading: Reading) => reading.time
const [byKey, lates, latesByKey] = ['readings-by-key', 'late-readings', 'late-by-key'].map(readingsNamed) as [
  typeof readings,
  typeof readings,
  typeof readings,
]
const codec = avroState<Reading>(JSON.parse(readings.value.text) as never)

const length = (min: number) => fc.integer({ min, max: 20 })
const grace = (min: number) => fc.integer({ min, max: 12 })
const semantics = fc.constantFrom('task' as const, 'kafka-streams' as const)
type Semantics = 'task' | 'kafka-streams'

/** Half of the sources are partitions of one topic, half of the other. */
const placeOf = ({ partition }: Sent) => ({
  topic: partition % 2 === 0 ? readings : lates,
  partition: Math.floor(partition / 2),
})
const sources = upTo(3, (partitions) => unevenSources(2 * partitions, ['before it', 'before its commit']))

function folding(windows: Windows, timeSemantics: Semantics, told: string[]) {
  return topology('folding', ({ read }) =>
    merge(
      read(readings, { time }).pipe(keyBy(keyOf, { through: byKey })),
      read(lates, { time }).pipe(keyBy(keyOf, { through: latesByKey })),
    ).pipe(
      foldWindow({
        windows,
        fold: tally,
        late: ({ seq }: Reading, lateness) => ({ seq, ...lateness }),
        emit: (windows.kind === 'session' ? 'on-close' : 'both') as 'on-close',
        timeSemantics,
      }),
      tell((row) => told.push(`${row.output} ${row.key} ${row.time} ${JSON.stringify(row.value)}`)),
    ),
  )
}

function joining(
  rule: { kind: 'inner' | 'left' | 'outer'; within: number; grace: number; timeSemantics: Semantics },
  told: string[],
) {
  return topology('joining', ({ read }) =>
    read(readings, { time }).pipe(
      keyBy(keyOf, { through: byKey }),
      joinStream(read(lates, { time }).pipe(keyBy(keyOf, { through: latesByKey })), {
        ...rule,
        leftCodec: codec,
        rightCodec: codec,
        join: (left, right) => `${left?.seq ?? '-'} ${right?.seq ?? '-'}`,
        late: ({ value }, lateness) => ({ seq: value.seq, lateness }),
      }),
      tell((row) => told.push(`${row.output} ${row.key} ${row.time} ${JSON.stringify(row.value)}`)),
    ),
  )
}

async function assertSame(
  of: (told: string[]) => ReturnType<typeof folding>,
  [partitions, sent]: [number, Sent[]],
  keysInMemory: number,
): Promise<void> {
  const [found, wanted]: [string[], string[]] = [[], []]
  const onDisk = tables.drive(of(found), { partitions }, keysInMemory)
  const inMemory = drive(of(wanted), { partitions })
  for (const kafka of [onDisk, inMemory]) await drain(kafka, sent, 2 * partitions, placeOf)
  assert.deepEqual(found, wanted)
  tables.assertSameIds(onDisk, inMemory)
}

for (const [kind, windows] of Object.entries(kindsOfWindows(20, 12)))
  test(`${kind} windows behind repartitions on disk are those in memory`, async () => {
    const property = fc.asyncProperty(windows, semantics, sources, fc.nat(2), (cut, by, sent, keys) =>
      assertSame((told) => folding(cut, by, told), sent, keys),
    )
    await fc.assert(property, { numRuns: RUNS })
  })

test('joins behind repartitions on disk are those in memory', async () => {
  const rules = fc.record({
    kind: fc.constantFrom('inner' as const, 'left' as const, 'outer' as const),
    within: length(0),
    grace: grace(0),
    timeSemantics: semantics,
  })
  const property = fc.asyncProperty(rules, sources, fc.nat(2), (rule, sent, keys) =>
    assertSame((told) => joining(rule, told), sent, keys),
  )
  await fc.assert(property, { numRuns: RUNS })
})
