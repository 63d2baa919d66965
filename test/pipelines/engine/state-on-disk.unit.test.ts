import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import {
  avroState,
  deduplicate,
  fold,
  joinTables,
  only,
  toTable,
  topology,
} from '../../../pipelines/engine/index.ts'
import { type TopologyDriver, drive } from '../../../pipelines/engine/testing/drive.ts'
import { TablesOnDisk } from '../../kit/tables-on-disk.ts'
import { tell } from '../../kit/tell.ts'
import { joinTopics } from './operators/join-topics.ts'
import { joinedNumbers } from './operators/joined-numbers.ts'
import { foldAll } from './windowing/folding.ts'
import { kindsOfWindows } from './windowing/kinds-of-windows.ts'

/*
 * Each operator writes with its state on disk, and hardly anything of it in memory, what it writes with all in memory: what that is, the
 * operators' own tests have from oracles.
 */

const PARTITIONS = 2
const RUNS = 150

const tables = new TablesOnDisk()
after(() => tables.close())

const sending = {
  key: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'c') },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        'a:1',
        '',
        '\0',
        '\u{1f3b5}',
        '\u0001',
        'k'.repeat(2_000),
        'k'.repeat(64),
        `${'k'.repeat(64)}\0a`,
      ),
    },
  ),
  time: fc.oneof(fc.integer({ min: -30, max: 40 }), fc.constantFrom(-1, 0, 7, 14)),
  partition: fc.nat(PARTITIONS - 1),
  crash: fc.nat(9).map((n) => n === 0),
}
const keysInMemory = fc.nat(2)

for (const [kind, windows] of Object.entries(kindsOfWindows(12, 12))) {
  test(`${kind} windows on disk are those in memory`, async () => {
    const rows = fc
      .array(fc.record({ ...sending, value: fc.integer({ min: -5, max: 5 }) }), {
        maxLength: 30,
        size: 'max',
      })
      .map((all) => all.map((row, seq) => ({ ...row, seq })))
    const semantics = fc.constantFrom('task' as const, 'kafka-streams' as const)
    const property = fc.asyncProperty(
      windows,
      rows,
      semantics,
      keysInMemory,
      async (cut, all, timeSemantics, keys) => {
        const options = { partitions: PARTITIONS, timeSemantics }
        let [onDisk, inMemory]: (TopologyDriver | undefined)[] = []
        const folded = await foldAll(cut, all, {
          ...options,
          drive: (of, how = {}) => (onDisk = tables.drive(of, how, keys)),
        })
        const wanted = await foldAll(cut, all, {
          ...options,
          drive: (of, how) => (inMemory = drive(of, how)),
        })
        assert.deepEqual(folded, wanted)
        tables.assertSameIds(onDisk!, inMemory!)
      },
    )
    await fc.assert(property, { numRuns: RUNS })
  })
}

const numbered = fc.array(
  fc.record({ ...sending, side: fc.constantFrom('plays' as const, 'reactions' as const), id: fc.nat(9) }),
  { maxLength: 30, size: 'max' },
)
type Numbered = typeof numbered extends fc.Arbitrary<(infer N)[]> ? N : never

async function send(kafka: TopologyDriver, sendings: readonly Numbered[], deletes = false): Promise<void> {
  for (const [index, { side, key, time, partition, crash, id }] of sendings.entries()) {
    if (crash) kafka.crash()
    const value = deletes && side === 'reactions' && id < 4 ? null : { id, time }
    // In their order, by which an id is forgotten: in memory only behind those that came before it.
    await kafka.send(joinTopics[side], value, { key, partition, timestamp: 3 * index })
  }
}

test('stream joins on disk are those in memory', async () => {
  const rules = fc.record({
    kind: fc.constantFrom('inner' as const, 'left' as const, 'outer' as const),
    within: fc.nat(12),
    grace: fc.nat(9),
    timeSemantics: fc.constantFrom('task' as const, 'kafka-streams' as const),
  })
  const property = fc.asyncProperty(rules, numbered, keysInMemory, async (rule, sendings, keys) => {
    const onDisk = tables.drive(joinedNumbers(rule), { partitions: PARTITIONS }, keys)
    const inMemory = drive(joinedNumbers(rule), { partitions: PARTITIONS })
    for (const kafka of [onDisk, inMemory]) await send(kafka, sendings)
    const [found, wanted] = [onDisk, inMemory].map((kafka) => [
      kafka.written(joinTopics.together),
      kafka.written(joinTopics.notInTime),
    ])
    assert.deepEqual(found, wanted)
    tables.assertSameIds(onDisk, inMemory)
  })
  await fc.assert(property, { numRuns: RUNS })
})

/** Remembers ids, folds those of a key into a text of several pages, and joins these with a table from which keys are deleted. */
function everyKeyed(told: string[]) {
  const texts = {
    initial: () => '',
    add: (text: string, { id }: { id: number }) => (text.length > 600 ? '' : text + String(id).repeat(200)),
    result: (text: string) => text,
    codec: avroState<string>('string'),
  }
  return topology('keyed', ({ read, readTable }) => {
    const first = read(joinTopics.plays).pipe(
      deduplicate({ id: ({ id }) => String(id), rememberMs: 20 }),
      only('first'),
    )
    const one = toTable(first.pipe(fold(texts)), { codec: texts.codec })
    const both = joinTables(one, readTable(joinTopics.reactions), {
      kind: 'outer',
      join: (left, right) => (left === '' ? null : `${left} ${right?.id}`),
    })
    return both.changes.pipe(
      tell(({ key, time, value }) => told.push(`${key} ${time} ${JSON.stringify(value)}`)),
    )
  })
}

test('stores by key on disk are those in memory', async () => {
  const property = fc.asyncProperty(numbered, keysInMemory, async (sendings, keys) => {
    const [found, wanted]: [string[], string[]] = [[], []]
    const onDisk = tables.drive(everyKeyed(found), { partitions: PARTITIONS }, keys)
    const inMemory = drive(everyKeyed(wanted), { partitions: PARTITIONS })
    for (const kafka of [onDisk, inMemory]) await send(kafka, sendings, true)
    assert.deepEqual(found, wanted)
    tables.assertSameIds(onDisk, inMemory)
  })
  await fc.assert(property, { numRuns: RUNS })
})
