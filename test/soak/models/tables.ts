import { type Answers, noAnswers } from '../answers.ts'
import type { Case, CaseRow, StreamTableJoin, TableJoin } from '../cases.ts'
import type { Edges } from './edges.ts'

type Held = Omit<CaseRow, 'value'> & { value: number }

/** What two tables hold, the last value by key whatever its time. */
class Tables {
  readonly #held = new Map<string, Held>()

  get({ side, key }: Pick<CaseRow, 'side' | 'key'>): Held | undefined {
    return this.#held.get(`${side} ${key}`)
  }

  put(row: CaseRow): void {
    if (row.value === null) this.#held.delete(`${row.side} ${row.key}`)
    else this.#held.set(`${row.side} ${row.key}`, { ...row, value: row.value })
  }
}

/** Each left row with what the right side holds at that moment. */
export function streamTableModel({ operator, rows }: Case<StreamTableJoin>): Answers {
  const answers = noAnswers()
  const tables = new Tables()
  for (const [seq, row] of rows.entries()) {
    if (row.side === 'r') {
      tables.put(row)
      continue
    }
    const right = tables.get({ ...row, side: 'r' })
    if (right !== undefined || operator.kind === 'stream-table-left')
      answers.pair.push(`${seq} ${row.key} ${row.value} ${right?.value ?? '-'} ${row.time}`)
  }
  return answers
}

/** The result of two tables after each change, and its deletion where there was one. */
export function tableTableModel({ operator, rows }: Case<TableJoin>, edges: Edges): Answers {
  const answers = noAnswers()
  const tables = new Tables()
  const told = new Set<string>()
  for (const [seq, row] of rows.entries()) {
    const before = tables.get(row)
    tables.put(row)
    const [left, right] = (['l', 'r'] as const).map((side) => tables.get({ ...row, side }))
    const other = row.side === 'l' ? right : left
    const has = {
      'table-table-inner': left && right,
      'table-table-left': left,
      'table-table-outer': left ?? right,
    }[operator.kind]
    const mayDelete = edges.has('null-without-result')
      ? forwardsNull(operator, row, before, other)
      : told.has(row.key)
    if (has === undefined && !mayDelete) continue
    if (has === undefined) told.delete(row.key)
    else told.add(row.key)
    const pair = has === undefined ? '- -' : `${left?.value ?? '-'} ${right?.value ?? '-'}`
    answers.pair.push(`${seq} ${row.key} ${pair} ${Math.max(row.time, other?.time ?? row.time)}`)
  }
  return answers
}

/** Whether Kafka Streams says that there is no result: it looks at the two values, not at what it has said before. */
function forwardsNull(
  { kind }: TableJoin,
  row: CaseRow,
  before: Held | undefined,
  other: Held | undefined,
): boolean {
  if (kind === 'table-table-inner' || (kind === 'table-table-left' && row.side === 'r'))
    return other !== undefined
  return other !== undefined || before !== undefined
}
