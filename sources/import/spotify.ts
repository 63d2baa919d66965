import type { ExportFile } from './export-file.ts'
import { ImportError } from './errors.ts'

/** One row of Spotify's "account data" export, checked. */
export interface ListenedRow {
  /** As exported: `YYYY-MM-DD HH:MM`, UTC. */
  endTime: string
  /** Milliseconds since 1970. */
  endedAt: number
  artistName: string
  trackName: string
  msPlayed: number
}

/** Why a row is left out. */
export type SkipReason =
  | 'not_an_object'
  | 'end_time_malformed'
  | 'end_time_out_of_range'
  | 'artist_missing'
  | 'track_missing'
  | 'name_too_long'
  | 'ms_played_malformed'
  | 'ms_played_out_of_range'

const EARLIEST = Date.UTC(2000, 0, 1)
const HOUR = 3_600_000
const MAX_NAME = 512
const MAX_MS_PLAYED = 24 * HOUR

/** Checks a row by the same limits as the pipeline does: what passes here is a play there. */
export function parseSpotifyRow(row: unknown, now: number): ListenedRow | SkipReason {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return 'not_an_object'
  const { endTime, artistName, trackName, msPlayed } = row as Record<string, unknown>
  const endedAt = typeof endTime === 'string' ? minuteUtc(endTime) : undefined
  if (endedAt === undefined) return 'end_time_malformed'
  if (endedAt < EARLIEST || endedAt > now + HOUR) return 'end_time_out_of_range'
  if (!isName(artistName)) return 'artist_missing'
  if (!isName(trackName)) return 'track_missing'
  if (artistName.length > MAX_NAME || trackName.length > MAX_NAME) return 'name_too_long'
  if (!Number.isSafeInteger(msPlayed)) return 'ms_played_malformed'
  const played = msPlayed as number
  if (played < 0 || played > MAX_MS_PLAYED) return 'ms_played_out_of_range'
  return { endTime: endTime as string, endedAt, artistName, trackName, msPlayed: played }
}

const isName = (value: unknown): value is string => typeof value === 'string' && value.trim() !== ''

/** `YYYY-MM-DD HH:MM` in milliseconds since 1970, or undefined if it is no such time: the 30th of February is none. */
function minuteUtc(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d$/.test(text)) return undefined
  const iso = `${text.replace(' ', 'T')}:00.000Z`
  const time = Date.parse(iso)
  return Number.isNaN(time) || new Date(time).toISOString() !== iso ? undefined : time
}

/** What the files hold: each row is either listened to or counted as skipped. */
export interface ParsedExports {
  read: number
  rows: ListenedRow[]
  skipped: Partial<Record<SkipReason, number>>
}

/** @throws ImportError if a file is of Spotify's other kind of export. */
export function parseSpotifyExports(files: readonly ExportFile[], now: number): ParsedExports {
  const parsed: ParsedExports = { read: 0, rows: [], skipped: {} }
  for (const { file, rows } of files) {
    if (isExtendedHistory(rows[0])) {
      throw new ImportError(
        `${file} is an "extended streaming history"; what is read is the "account data" export: files named StreamingHistory*.json`,
      )
    }
    parsed.read += rows.length
    for (const row of rows) {
      const result = parseSpotifyRow(row, now)
      if (typeof result === 'string') parsed.skipped[result] = (parsed.skipped[result] ?? 0) + 1
      else parsed.rows.push(result)
    }
  }
  return parsed
}

function isExtendedHistory(row: unknown): boolean {
  return typeof row === 'object' && row !== null && 'ts' in row && 'ms_played' in row
}
