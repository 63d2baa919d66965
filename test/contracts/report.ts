import { columns, count } from '../../cli/status/text.ts'
import { type Comparison, differencesOf } from './compare.ts'
import type { MixedRun } from './mixed-run.ts'

const HEAD = ['what', 'wanted', 'found', 'missing', 'superfluous', 'doubled', 'different']

/** A run as tables for a terminal, and the first of what differs. */
export function linesOf({ sent, before, after }: MixedRun): string[] {
  return [
    ...columns(['sent', 'rows'], Array.from(sent, ([what, rows]) => [what, count(rows)]).sort()),
    '',
    'when all of it had gone through',
    ...tableOf(before),
    '',
    'when what could be mended had been replayed',
    ...tableOf(after),
    ...[...before, ...after].filter(({ first }) => first.length > 0).flatMap(toldOf),
  ]
}

const tableOf = (comparisons: readonly Comparison[]) =>
  columns(
    HEAD,
    comparisons.map(({ what, wanted, found, missing, superfluous, doubled, different }) => [
      what,
      ...[wanted, found, missing, superfluous, doubled, different].map(count),
    ]),
  )

const toldOf = (comparison: Comparison) => [
  '',
  `${comparison.what}: ${differencesOf(comparison)} differ`,
  ...comparison.first,
]
