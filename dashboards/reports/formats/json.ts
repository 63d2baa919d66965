import type { Report } from '../report.ts'

/** The report as it is. */
export const asJsonText = (report: Report): string => `${JSON.stringify(report, null, 2)}\n`
