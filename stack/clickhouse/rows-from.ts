import { ClickHouseException } from './exception.ts'
import { literal } from './literal.ts'

/** What follows the table and its columns in an insert whose rows are still to come. */
const AFTER_COLUMNS = /(?<=\binsert\s[^]*?)\s(?=(?:settings\s+\w+\s*=|format\s+\w+\s*$))/i

/**
 * An insert whose rows are still to come, as ClickHouse has it when they are in a file.
 * @throws ClickHouseException where they pass through input(), of which the embedded engine makes no rows
 */
export function rowsFrom(file: string, insert: string): string {
  if (/\bfrom\s+input\s*\(/i.test(insert))
    throw ClickHouseException.of(48, 'NOT_IMPLEMENTED', 'input() is not supported here')
  return insert
    .replace(/\bvalues\s*$/i, 'FORMAT Values')
    .replace(AFTER_COLUMNS, () => ` FROM INFILE ${literal(file)} `)
}
