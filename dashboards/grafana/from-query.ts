import type { Query } from '../queries/query.ts'

/** The span that a panel shows, as the plugin writes it: https://grafana.com/docs/plugins/grafana-clickhouse-datasource/latest/query-editor/#macros */
const span = { from: '$__fromTime_ms', to: '$__toTime_ms' }

/** How many weeks the span touches, at most the 64 of which retention is told. */
export const weeksOfSpan =
  'toUInt8(least(64, intDiv(toUnixTimestamp64Milli($__toTime_ms) - toUnixTimestamp64Milli($__fromTime_ms), 604800000) + 1))'

/**
 * The SQL of a query, without its comments, with the span of the panel in the place of `from` and `to`, and text of SQL in that of its other parameters.
 * @throws if one has no value
 */
export function panelSql(
  { name, sql }: Pick<Query<Record<string, unknown>, unknown>, 'name' | 'sql'>,
  values: Readonly<Record<string, string>> = {},
): string {
  const all: Readonly<Record<string, string | undefined>> = { ...span, ...values }
  const statement = sql.replaceAll(/^--.*\n/gm, '').trimEnd()
  return statement.replaceAll(/\{(\w+): [^}]+\}/g, (_, parameter: string) => {
    const value = all[parameter]
    if (value === undefined) throw new Error(`${name}.sql: no value for {${parameter}}`)
    return value
  })
}

/** Rows of a query as time series: its `start`, ms since 1970, as `time`, and of its columns these. */
export const series = (query: string, columns: string): string =>
  `SELECT fromUnixTimestamp64Milli(toInt64(start), 'UTC') AS time, ${columns}\nFROM\n(\n${query}\n)\nORDER BY time`
