import { extname } from 'node:path'
import type { Report } from '../../dashboards/reports/report.ts'

/** Each is loaded when it is asked for: charts alone take longer than a question. */
export const formats = {
  json: async (report: Report) =>
    (await import('../../dashboards/reports/formats/json.ts')).asJsonText(report),
  html: async (report: Report) => (await import('../../dashboards/reports/formats/html.ts')).asHtml(report),
  csv: async (report: Report) => (await import('../../dashboards/reports/formats/csv.ts')).asCsv(report),
} as const

export type Format = keyof typeof formats

/** The format that the ending of a file's name says; json for any other ending, and for the standard output. */
export function formatOf(file = ''): Format {
  const ending = extname(file).slice(1).toLowerCase()
  return Object.hasOwn(formats, ending) ? (ending as Format) : 'json'
}
