import { ClickHouseError } from '@clickhouse/client'

/** A row that a table refuses. */
export interface RefusedRow {
  /** Its index among those that were sent. */
  row: number
  /** snake_case. */
  reason: string
}

/** What the values of one row may be the reason of. */
const ofRows = new Set([
  'ARGUMENT_OUT_OF_BOUND',
  'CANNOT_CONVERT_TYPE',
  'CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN',
  'CANNOT_PARSE_BOOL',
  'CANNOT_PARSE_DATE',
  'CANNOT_PARSE_DATETIME',
  'CANNOT_PARSE_ESCAPE_SEQUENCE',
  'CANNOT_PARSE_INPUT_ASSERTION_FAILED',
  'CANNOT_PARSE_IPV4',
  'CANNOT_PARSE_IPV6',
  'CANNOT_PARSE_NUMBER',
  'CANNOT_PARSE_QUOTED_STRING',
  'CANNOT_PARSE_TEXT',
  'CANNOT_PARSE_UUID',
  'DECIMAL_OVERFLOW',
  'INCORRECT_DATA',
  'SIZES_OF_ARRAYS_DONT_MATCH',
  'TOO_LARGE_STRING_SIZE',
  'TYPE_MISMATCH',
  'UNKNOWN_ELEMENT_OF_ENUM',
  'VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE',
  'VIOLATED_CONSTRAINT',
])

/** Whether values of rows are why ClickHouse refuses: its message then has some of them, and belongs into no log. */
export const isOfRows = (error: unknown): error is ClickHouseError =>
  error instanceof ClickHouseError && ofRows.has(error.type ?? '')

/**
 * The first row that violates a constraint of its table, for which ClickHouse has refused an insert: of that nothing has landed then.
 * Undefined where it refuses for another reason, or names none.
 */
export function refusedRow(error: unknown, rows: number): RefusedRow | undefined {
  if (!isOfRows(error) || error.type !== 'VIOLATED_CONSTRAINT') return undefined
  // The values come behind it.
  const [, constraint = '', at] = VIOLATED.exec(error.message) ?? []
  const row = Number(at) - 1
  // Rows of one version that have come to the table of another, as the names were exchanged: they have a table.
  const isMarkOfVersion = /^version_\d+$/.test(constraint)
  return row >= 0 && row < rows && !isMarkOfVersion ? { row, reason: 'violated_constraint' } : undefined
}

const VIOLATED = /Constraint .?(\w+).? for table .*? is violated at row (\d+)\. /
