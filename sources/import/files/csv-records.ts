import { isUtf8 } from 'node:buffer'
import { type Options, parse } from 'csv-parse/sync'
import { CsvLines } from './csv-lines.ts'
import { peeked } from './peeked.ts'
import { Unreadable } from './unreadable.ts'

/** As far as the first row is looked at before it is read. */
const FIRST_ROW_BYTES = 4 * 1024
/** What Excel is told the delimiter by, before the names. */
const EXCEL_ROW = /^sep=([ -~\t])\r?\n/i
const DELIMITERS = [',', ';', '\t', '|']

/**
 * The rows of a CSV file, as lists of texts, or {@link Unreadable}, as many at a time as a chunk holds.
 * @throws what `chunks` throws, behind the rows before
 */
export async function* csvRecords(
  chunks: AsyncIterable<Buffer>,
  delimiter?: string,
): AsyncGenerator<readonly (string[] | Unreadable)[]> {
  const { head, all } = await peeked(chunks, FIRST_ROW_BYTES)
  const [excelRow = '', excelDelimiter] = EXCEL_ROW.exec(head.toString('latin1')) ?? []
  let skippedBytes = excelRow.length
  const options = {
    delimiter: delimiter ?? excelDelimiter ?? delimiterOf(head),
    record_delimiter: '\n',
    relax_column_count: true,
    relax_quotes: true,
  }
  const lines = new CsvLines(options.delimiter.charCodeAt(0))
  let columns: number | undefined
  let failure: unknown
  try {
    for await (const chunk of all) {
      const rows = rowsOf(lines.push(chunk.subarray(skippedBytes)), options)
      skippedBytes = 0
      columns ??= rows.find((row) => Array.isArray(row))?.length
      yield rows
    }
  } catch (error) {
    failure = error
  }
  const last = rowsOf(lines.end(), options)
  // What is left of a row would be another play than the whole one.
  const isCut = (row: string[] | Unreadable) =>
    failure !== undefined || (Array.isArray(row) && row.length < (columns ?? 0))
  yield last.map((row) => (isCut(row) ? new Unreadable('cut_off') : row))
  if (failure !== undefined) throw failure as Error
}

/** All together, for that is fast; one by one if some are not what they seemed to be. */
function rowsOf(lines: readonly (Buffer | Unreadable)[], options: Options): (string[] | Unreadable)[] {
  const unreadable: Unreadable[] = []
  const texts: string[] = []
  for (const line of lines) {
    if (line instanceof Unreadable) unreadable.push(line)
    else if (isUtf8(line)) texts.push(line.toString())
    else unreadable.push(new Unreadable('not_utf8'))
  }
  const rows = parsed(texts.join('\n'), options)
  if (rows.length === texts.length) return [...rows, ...unreadable]
  const single = texts.map((text) => {
    const [row, ...more] = parsed(text, options)
    return row === undefined || more.length > 0 ? new Unreadable('malformed_csv') : row
  })
  return [...single, ...unreadable]
}

function parsed(text: string, options: Options): string[][] {
  try {
    return parse(text, options)
  } catch {
    return []
  }
}

/** The one that the first line has most of. */
function delimiterOf(head: Buffer): string {
  const [line = ''] = head.toString().split(/\r?\n/, 1)
  const counted = DELIMITERS.map((delimiter) => ({ delimiter, count: line.split(delimiter).length }))
  return counted.reduce((most, each) => (each.count > most.count ? each : most)).delimiter
}
