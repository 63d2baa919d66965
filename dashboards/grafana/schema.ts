import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common'
import type * as grafana from '@grafana/grafana-foundation-sdk/dashboard'
import type * as stat from '@grafana/grafana-foundation-sdk/stat'
import type * as table from '@grafana/grafana-foundation-sdk/table'
import type * as timeseries from '@grafana/grafana-foundation-sdk/timeseries'

/** A type of Grafana's schema as it is in JSON, where members of an enumeration are their values. */
type Json<T> = T extends string
  ? `${T}`
  : T extends number
    ? number
    : T extends (infer E)[]
      ? Json<E>[]
      : T extends (...args: never) => unknown
        ? never
        : T extends object
          ? { [K in keyof T]: Json<T[K]> }
          : T

/** A query of Prometheus. */
export interface PrometheusTarget {
  refId: string
  datasource: Json<DataSourceRef>
  expr: string
  legendFormat?: string
  instant?: boolean
}

/** A query of the plugin `grafana-clickhouse-datasource`: https://grafana.com/docs/plugins/grafana-clickhouse-datasource/latest/query-editor/ */
export interface ClickhouseTarget {
  refId: string
  datasource: Json<DataSourceRef>
  editorType: 'sql'
  queryType: 'timeseries' | 'table'
  /** The same as a number: 0 for time series, 1 for tables. */
  format: 0 | 1
  rawSql: string
  pluginVersion: string
}

export type Target = PrometheusTarget | ClickhouseTarget

/** A query that has no letter in its panel yet. */
export type Asked = Omit<PrometheusTarget, 'refId'> | Omit<ClickhouseTarget, 'refId'>

interface FieldConfig<Custom> {
  defaults: Omit<Json<grafana.FieldConfig>, 'custom'> & { custom?: Partial<Json<Custom>> }
  overrides: Json<grafana.FieldConfigSource['overrides']>
}

interface PanelOf<Type, Options, Custom> extends Omit<
  Json<grafana.Panel>,
  'type' | 'targets' | 'options' | 'fieldConfig'
> {
  type: Type
  title: string
  description: string
  targets: Target[]
  options: Json<Options>
  fieldConfig: FieldConfig<Custom>
}

/** The kinds of panels that the dashboards have. */
export type Panel =
  | PanelOf<'stat', stat.Options, object>
  | PanelOf<'timeseries', timeseries.Options, timeseries.FieldConfig>
  | PanelOf<'table', table.Options, table.FieldConfig>

export type Row = Json<grafana.RowPanel>
export type Variable = Json<grafana.VariableModel>
export type Threshold = Json<grafana.Threshold>

/** A dashboard as every Grafana from 9 on takes it, as a file or pasted. */
export interface Dashboard {
  uid: string
  title: string
  description: string
  tags: string[]
  /** The default span. */
  time: { from: string; to: string }
  refresh: string
  timezone: 'utc' | 'browser'
  schemaVersion: 39
  editable: boolean
  /** 1: a cross of one panel is in all. */
  graphTooltip: 1
  annotations: { list: [] }
  templating: { list: Variable[] }
  panels: (Panel | Row)[]
}
