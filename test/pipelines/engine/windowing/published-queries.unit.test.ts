import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { tell } from '../../../kit/tell.ts'
import {
  type Fold,
  avroSchema,
  avroState,
  foldWindow,
  hours,
  minutes,
  seconds,
  session,
  topology,
  tumbling,
} from '../../../../pipelines/engine/index.ts'
import { drive } from '../../../../pipelines/engine/testing/drive.ts'
import type { Windows } from '../../../../pipelines/engine/windows.ts'
import type { Topic } from '../../../../schemas/topic.ts'

/*
 * ksqlDB's published query tests: statements, what goes in, what comes out. They lie beside this project, if at all.
 */
const FOLDER = join(import.meta.dirname, '../../../../../shared/data/vectors/windows')
const skip = existsSync(FOLDER) ? false : `skipped: no published query tests in ${FOLDER}`

interface Published {
  name: string
  inputs: { key?: number | string; value: unknown; timestamp?: number }[]
  outputs: {
    key: number | string
    value: unknown
    timestamp?: number
    window?: { start: number; end: number }
  }[]
}

const published = (file: string, name: string): Published => {
  const { tests } = JSON.parse(readFileSync(join(FOLDER, `${file}.json`), 'utf8')) as { tests: Published[] }
  return tests.find((each) => each.name === name) ?? assert.fail(`${file} has no test "${name}"`)
}

interface Aggregate {
  add(state: number[], value: number): number[]
  merge(a: number[], b: number[]): number[]
}

const best = (choose: (...values: number[]) => number): Aggregate => ({
  add: (state, value) => [choose(...state, value)],
  merge: (a, b) => (a.length + b.length === 0 ? [] : [choose(...a, ...b)]),
})
const count: Aggregate = {
  add: ([n = 0]) => [n + 1],
  merge: ([a = 0], [b = 0]) => [a + b],
}
const top2 = (values: number[]) => values.toSorted((a, b) => b - a).slice(0, 2)
const topk: Aggregate = {
  add: (state, value) => top2([...state, value]),
  merge: (a, b) => top2([...a, ...b]),
}
const topkDistinct: Aggregate = {
  add: (state, value) => top2([...new Set([...state, value])]),
  merge: (a, b) => top2([...new Set([...a, ...b])]),
}

/** ksqlDB without a grace of its own: 24 hours. */
const DEFAULT_GRACE = { grace: hours(24) }
const halfMinute = seconds(30)
/** A count without windows is one over all time; these records are all of one moment. */
const allTime = tumbling(hours(24), { grace: 0 })

type Line = [key: string, start: number | undefined, end: number | undefined, values: number[], time?: number]

interface Run {
  file: string
  name: string
  windows: Windows
  aggregate: Aggregate
  /** Lines of ksqlDB's that are not ours. */
  lacks?: Line[]
}

const run: Run[] = [
  { file: 'count', name: 'count', windows: allTime, aggregate: count },
  { file: 'count', name: 'count star', windows: allTime, aggregate: count },
  { file: 'count', name: 'count literal', windows: allTime, aggregate: count },
  ...[
    { name: 'out of order - no grace period', aggregate: best(Math.max) },
    { name: 'min tumbling', aggregate: best(Math.min) },
    { name: 'topk tumbling', aggregate: topk },
    { name: 'topkdistinct tumbling', aggregate: topkDistinct },
    { name: 'non-KAFKA key format', aggregate: count },
  ].map((each) => ({ file: 'tumbling-windows', windows: tumbling(halfMinute, DEFAULT_GRACE), ...each })),
  {
    file: 'tumbling-windows',
    name: 'out of order - explicit grace period',
    windows: tumbling(halfMinute, { grace: minutes(1) }),
    aggregate: best(Math.max),
  },
  ...[
    { name: 'out of order - no grace period', aggregate: best(Math.max) },
    { name: 'non-KAFKA key format', aggregate: count },
  ].map((each) => ({ file: 'session-windows', windows: session(halfMinute, DEFAULT_GRACE), ...each })),
  {
    file: 'session-windows',
    name: 'out of order - explicit grace period',
    windows: session(halfMinute, { grace: minutes(1) }),
    aggregate: best(Math.max),
    // Both rows are at 10010, stream time at 100010: just the gap and the grace later. ksqlDB takes what comes at that moment;
    // here the session that either would make is closed, and they are late.
    lacks: [
      ['0', 10_010, 10_010, [6], 10_010],
      ['1', 10_010, 10_010, [101], 10_010],
    ],
  },
]

const RETRACTS = 'counts rows of a table, whose changes take away what they replace: no window'
const IMPORTS =
  'reads a topic whose keys are windows that another program has written: only ksqlDB’s serializers do'

/** What is not run, with the reason. */
const leftOut: Record<string, Record<string, string>> = {
  count: {
    'count table': RETRACTS,
    'should count back to zero': RETRACTS,
    'should support removing zero counts from table': RETRACTS,
    'auto-incrementing id': 'is about latest_by_offset and columns of a table, not about windows',
  },
  'tumbling-windows': { 'import tumbling stream': IMPORTS },
  'session-windows': {
    'import session stream': IMPORTS,
    'session start stream': IMPORTS,
    'import table with invalid window size': 'is about the options of a SQL statement',
  },
}

const topic: Topic<{ value: number; time: number }> = {
  name: 'measured',
  value: avroSchema('measured', {
    type: 'record',
    name: 'Measured',
    fields: [
      { name: 'value', type: 'double' },
      { name: 'time', type: 'long' },
    ],
  }),
  partitioning: 'any',
  config: {},
}

/** The number in a record: the last column of a line, or a field of JSON; a count needs none. */
function numberIn(value: unknown): number {
  const last = typeof value === 'string' ? value.split(',').at(-1) : (value as { value?: number }).value
  return Number.isFinite(Number(last)) ? Number(last) : 0
}

const numbers = (value: unknown): number[] =>
  typeof value === 'string'
    ? [Number(value)]
    : Object.values(value as object)
        .flat()
        .map(Number)

/** `GROUP BY A` takes the key from the value. */
const keyOf = (key: number | string | undefined, value: unknown) => String(key ?? (value as { A: number }).A)

async function answer({ inputs }: Published, windows: Windows, aggregate: Aggregate): Promise<Line[]> {
  const lines: Line[] = []
  const fold: Required<Fold<{ value: number }, { values: number[] }, Line>> = {
    initial: () => ({ values: [] }),
    add: ({ values }, { value }) => ({ values: aggregate.add(values, value) }),
    merge: (a, b) => ({ values: aggregate.merge(a.values, b.values) }),
    result: ({ values }, key, { start, end }) => [key, start, end, values],
    codec: avroState({
      type: 'record',
      name: 'Values',
      fields: [{ name: 'values', type: { type: 'array', items: 'double' } }],
    }),
  }
  const wanted = windows.kind === 'session' ? 'closed' : 'open'
  const kafka = drive(
    topology('published', ({ read }) =>
      read(topic, { time: ({ time }) => time }).pipe(
        foldWindow({
          windows,
          fold,
          late: () => null,
          emit: windows.kind === 'session' ? 'on-close' : 'on-update',
          timeSemantics: 'kafka-streams',
        }),
        tell(({ output, value, time }) => {
          if (output === wanted) lines.push([value[0], value[1], value[2], value[3], time])
        }),
      ),
    ),
  )
  for (const { key, value, timestamp = 0 } of inputs) {
    if (value === null) await kafka.sendBytes(topic, null, { key: String(key) })
    else await kafka.send(topic, { value: numberIn(value), time: timestamp }, { key: keyOf(key, value) })
  }
  await kafka.send(topic, { value: 0, time: hours(24 * 7) }, { key: 'far' })
  return lines.filter(([key]) => key !== 'far')
}

/** For sessions the last word on each: what a merge takes back comes as null. */
function wantedOf({ outputs }: Published, windows: Windows): Line[] {
  const last = new Map<string, Line>()
  for (const [index, { key, value, timestamp = 0, window }] of outputs.entries()) {
    const id = windows.kind === 'session' ? `${String(key)} ${window?.start} ${window?.end}` : String(index)
    if (value === null) last.delete(id)
    else last.set(id, [String(key), window?.start, window?.end, numbers(value), timestamp])
  }
  return [...last.values()]
}

const sorted = (lines: Line[]) => lines.map((line) => JSON.stringify(line)).sort()

const inAllTime = (lines: Line[]) => lines.map(([key, , , values]) => [key, values])

for (const { file, name, windows, aggregate, lacks = [] } of run) {
  test(`${file}: ${name}`, { skip }, async () => {
    const query = published(file, name)
    const ours = await answer(query, windows, aggregate)
    const theirs = wantedOf(query, windows)
    if (windows === allTime) assert.deepEqual(inAllTime(ours), inAllTime(theirs))
    else if (windows.kind === 'session') assert.deepEqual(sorted([...ours, ...lacks]), sorted(theirs))
    else assert.deepEqual(ours, theirs)
  })
}

test('every published query is run, or left out for a reason', { skip }, () => {
  for (const file of ['count', 'tumbling-windows', 'session-windows']) {
    const { tests } = JSON.parse(readFileSync(join(FOLDER, `${file}.json`), 'utf8')) as { tests: Published[] }
    const known = run.filter((each) => each.file === file).map((each) => each.name)
    assert.deepEqual(
      tests.map(({ name }) => name).sort(),
      [...known, ...Object.keys(leftOut[file] ?? {})].sort(),
    )
  }
})
