interface Span {
  from: Date
  to: Date
}

/**
 * SQL of a panel as the plugin `grafana-clickhouse-datasource` sends it to ClickHouse for a span and choices:
 * the macros that the dashboards use, by https://grafana.com/docs/plugins/grafana-clickhouse-datasource/latest/query-editor/#macros
 * (pkg/macros/macros.go of the plugin), and Grafana's format `sqlstring`:
 * https://grafana.com/docs/grafana/latest/dashboards/variables/variable-syntax/#sqlstring
 * @throws if anything of Grafana is left in it
 */
export function asSent(
  rawSql: string,
  { from, to }: Span,
  choices: Readonly<Record<string, string>>,
): string {
  const sent = rawSql
    .replaceAll('$__fromTime_ms', `fromUnixTimestamp64Milli(${from.getTime()})`)
    .replaceAll('$__toTime_ms', `fromUnixTimestamp64Milli(${to.getTime()})`)
    .replaceAll(/\$\{(\w+):sqlstring\}/g, (whole, name: string) => {
      const value = choices[name]
      return value === undefined ? whole : `'${value.replaceAll("'", "''")}'`
    })
  if (sent.includes('$')) throw new Error(`left as it was: ${/.*\$.*/.exec(sent)![0]}`)
  return sent
}
