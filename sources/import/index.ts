export { ImportError } from './errors.ts'
export { type ImportOptions, type ImportPhase, importSpotify } from './import-spotify.ts'
export { type ImportReport, type Totals, tableOf, totalsOf } from './report.ts'
