import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { EmitWindows } from '../../../../pipelines/engine/index.ts'
import { type Emitted, type Sending, foldAll } from './folding.ts'
import { expected } from './expected.ts'
import { kindsOfWindows } from './kinds-of-windows.ts'

const PARTITIONS = 2
const RUNS = 1_000

const closing = Array.from({ length: PARTITIONS }, (_, partition) => ({
  key: 'far',
  time: 100,
  value: 0,
  partition,
  crash: false,
}))

/**
 * Disorder, equal timestamps, duplicates, times around 1970, keys that are prefixes of others, and a crash now and then; last
 * a row on each partition that closes all windows before it.
 */
const sendings: fc.Arbitrary<Sending[]> = fc
  .array(
    fc.record({
      key: fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom('a', 'b') },
        { weight: 1, arbitrary: fc.constantFrom('a:1', '', '\u{1f3b5}', '\uffee') },
      ),
      time: fc.oneof(fc.integer({ min: -30, max: 40 }), fc.constantFrom(-1, 0, 7, 14)),
      value: fc.integer({ min: -5, max: 5 }),
      partition: fc.nat(PARTITIONS - 1),
      crash: fc.nat(9).map((n) => n === 0),
    }),
    { maxLength: 24, size: 'max' },
  )
  .map((rows) => [...rows, ...closing].map((row, seq) => ({ ...row, seq })))

const outputs: Record<EmitWindows, Emitted['output'][]> = {
  'on-update': ['open', 'late'],
  'on-close': ['closed', 'late'],
  both: ['open', 'closed', 'late'],
}

/** In which order sessions were joined does not show. */
const withRowsInOrder = (row: Emitted): Emitted =>
  row.output === 'late'
    ? row
    : { ...row, value: { ...row.value, rows: row.value.rows.toSorted((a, b) => a - b) } }

for (const [kind, windows] of Object.entries(kindsOfWindows(12, 9))) {
  test(`${kind}: whatever comes, through crashes, is folded as if from lists of everything`, async () => {
    const emits = kind === 'session' ? (['on-close'] as const) : (Object.keys(outputs) as EmitWindows[])
    const options = fc.record({
      emit: fc.constantFrom(...emits),
      timeSemantics: fc.constantFrom('task' as const, 'kafka-streams' as const),
    })
    const property = fc.asyncProperty(
      windows,
      sendings,
      options,
      async (cut, rows, { emit, timeSemantics }) => {
        const emitted = await foldAll(cut, rows, { emit, timeSemantics, partitions: PARTITIONS })
        for (let partition = 0; partition < PARTITIONS; partition++) {
          const here = rows.filter((row) => row.partition === partition)
          const found = emitted.filter(({ after }) => here.some(({ seq }) => seq === after))
          const wanted = expected(cut, here).filter(({ output }) => outputs[emit].includes(output))
          if (kind === 'session') assert.deepEqual(found.map(withRowsInOrder), wanted)
          else assert.deepEqual(found, wanted)
        }
      },
    )
    await fc.assert(property, { numRuns: RUNS })
  })
}
