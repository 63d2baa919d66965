import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type Fold,
  avroState,
  fold,
  joinTable,
  toTable,
  topology,
  write,
} from '../../../../pipelines/engine/index.ts'
import { drive } from '../../../../pipelines/engine/testing/drive.ts'
import {
  type Event,
  type Note,
  PARTITIONS,
  eventsFor,
  happen,
  line,
  noted,
  seenAt,
  sendings,
  tableTopics,
  written,
} from './table-topics.ts'

const { asks, lefts, results, joined } = tableTopics

/** Remembers the texts in order: a fold that forgets, doubles or swaps a row shows it. */
const texts: Fold<Note, string[], string, []> = {
  initial: () => [],
  add(state, { text }) {
    state.push(text)
    return state
  },
  result: (state, key) => key + state.join(''),
  codec: avroState({ type: 'array', items: 'string' }),
}

/** The updates of the fold, and what a stream finds in the table of its results. */
const folded = topology('folded', ({ read }) => {
  const updates = read(lefts, noted).pipe(fold(texts))
  const table = toTable(updates, { codec: avroState<string>('string') })
  table.changes.pipe(seenAt(), write(results))
  return read(asks, noted).pipe(
    joinTable(table, { kind: 'left', join: (_, sum) => sum ?? 'nothing' }),
    seenAt(),
    write(joined),
  )
})

/** Folds everything anew for each row, from the list of all rows until then. */
function expected(events: Event<'asks' | 'lefts'>[]) {
  const all = sendings(events)
  const lines = all.map(({ to, place, key, at }, index) => {
    const rows = all.slice(0, index + 1).filter((each) => each.to === 'lefts' && each.place === place)
    const text = rows.length === 0 ? 'nothing' : key + rows.map((each) => each.text).join('')
    const time = to === 'asks' ? at : Math.max(...rows.map((each) => each.at))
    return { to, line: line(key, { text, at: time }) }
  })
  const of = (name: string) => lines.filter(({ to }) => to === name).map((each) => each.line)
  return { updates: of('lefts'), found: of('asks') }
}

test('each row updates the value of its key, as if from a list of everything; a table holds the last', async () => {
  await fc.assert(
    fc.asyncProperty(eventsFor(['asks', 'lefts'], { tombstones: [] }), async (events) => {
      const kafka = drive(folded, { partitions: PARTITIONS })
      await happen(kafka, { asks, lefts }, events)
      assert.deepEqual({ updates: written(kafka, results), found: written(kafka, joined) }, expected(events))
    }),
    { numRuns: 1_000 },
  )
})
