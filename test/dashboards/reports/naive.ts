import type { Report, Row } from '../../../dashboards/reports/report.ts'
import { type SomePlay, cohorts, perSpan, topOf } from '../queries/naive.ts'

const [HOUR, DAY, WEEK] = [3_600_000, 86_400_000, 604_800_000]
const MINUTE = 60_000

/** Only the values of a report, as a reader compares them. */
export const valuesOf = ({ figures, tables }: Report) => ({
  figures: Object.fromEntries(
    figures.map(({ name, value, beside = [] }) => [name, [value, ...beside.map((other) => other.value)]]),
  ),
  tables: Object.fromEntries(tables.map(({ name, rows }) => [name, rows])),
})

interface Counts {
  plays: number
  msPlayed: number
  listeners: number
}

const down = (figure: number, step: number) => figure - (figure % step)

/** What of this is told, by a loop of its own. */
function told(row: Counts | undefined, k: number) {
  if (row === undefined || row.listeners < k)
    return k === 1
      ? { plays: 0, msPlayed: 0, listeners: 0 }
      : { plays: null, msPlayed: null, listeners: null }
  return {
    plays: down(row.plays, k),
    msPlayed: down(row.msPlayed, k === 1 ? 1 : k * MINUTE),
    listeners: down(row.listeners, k),
  }
}

const span = (from: number, length: number) => ({ from: new Date(from), to: new Date(from + length) })

const without = <Row extends { listeners: unknown }>({ listeners: _, ...row }: Row) => row

/** Every `length` of [`from`, `to`), whether there was a play in it or not. */
function each(plays: readonly SomePlay[], length: number, from: number, to: number, k: number) {
  const rows = []
  for (let start = from; start < to; start += length)
    rows.push({ start, ...told(perSpan(plays, length, span(start, length))[0], k) })
  return rows
}

const two = (number: number) => String(number).padStart(2, '0')

export function daily(plays: readonly SomePlay[], day: number, k: number) {
  const days = [day, day - DAY, day - 7 * DAY].map((start) => each(plays, DAY, start, start + DAY, k)[0]!)
  const artists = topOf(plays, span(day, DAY)).flatMap((artist) => {
    const its = plays.filter((play) => `artist ${play.artist}` === artist.artistId)
    const [counts] = perSpan(its, DAY, span(day, DAY))
    return counts!.listeners < k ? [] : [{ ...artist, ...without(told(counts, k)) }]
  })
  return {
    figures: {
      plays: days.map((each) => each.plays),
      msPlayed: days.map((each) => each.msPlayed),
      listeners: days.map((each) => each.listeners),
    },
    tables: {
      hours: each(plays, HOUR, day, day + DAY, k).map(({ start: _, ...row }, hour) => ({
        hour: `${two(hour)}:00`,
        ...without(row),
      })),
      artists: artists.map((artist, index) => ({ rank: String(index + 1), ...artist })),
    },
  }
}

export function artist(all: readonly SomePlay[], number: number, from: number, to: number, k: number) {
  const plays = all.filter((play) => play.artist === number)
  const days = each(plays, DAY, from, to, k)
  const some = days.filter((day) => (day.plays ?? 0) + (day.listeners ?? 0) > 0)
  const sum = (field: 'plays' | 'msPlayed') => [some.reduce((total, day) => total + day[field]!, 0)]
  return {
    figures: { plays: sum('plays'), msPlayed: sum('msPlayed'), days: [some.length] },
    tables: {
      days: days.map(({ start, ...row }) => ({ day: new Date(start).toJSON().slice(0, 10), ...row })),
      hours: each(plays, HOUR, Math.max(from, to - 7 * DAY), to, k).map(({ start, ...row }) => ({
        hour: new Date(start).toJSON().replace(':00.000', ''),
        ...without(row),
      })),
    },
  }
}

const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

export function listener(all: readonly SomePlay[], number: number, year: number) {
  const plays = all.filter((play) => play.listener === number && new Date(play.at).getUTCFullYear() === year)
  const sum = (some: readonly SomePlay[]) => ({
    plays: some.length,
    msPlayed: some.reduce((total, { msPlayed }) => total + msPlayed, 0),
  })
  const named = (names: readonly string[], nameOf: (at: Date) => string) =>
    names.map((name) => ({ name, ...sum(plays.filter(({ at }) => nameOf(new Date(at)) === name)) }))
  const has = (day: number) => plays.some(({ at }) => at >= day && at < day + DAY)
  let [days, run, longest] = [0, 0, 0]
  for (let day = Date.UTC(year, 0, 1); day < Date.UTC(year + 1, 0, 1); day += DAY) {
    run = has(day) ? run + 1 : 0
    if (run > 0) days++
    if (run > longest) longest = run
  }
  const hour = (at: Date) => `${two(at.getUTCHours())}:00`
  // A track is told as an artist is, and has the name of whoever came last with it.
  const tracks = topOf(
    plays.map((play) => ({ ...play, artist: play.track })),
    span(Date.UTC(year, 0, 1), 366 * DAY),
  )
  return {
    figures: {
      plays: [plays.length],
      msPlayed: [sum(plays).msPlayed],
      days: [days],
      longestRun: [longest],
      artists: [new Set(plays.map((play) => play.artist)).size],
      tracks: [new Set(plays.map((play) => play.track)).size],
    },
    tables: {
      months: named(
        Array.from({ length: 12 }, (_, month) => `${year}-${two(month + 1)}`),
        (at) => `${at.getUTCFullYear()}-${two(at.getUTCMonth() + 1)}`,
      ),
      weekdays: named([...weekdays.slice(1), weekdays[0]!], (at) => weekdays[at.getUTCDay()]!),
      hours: named(
        Array.from({ length: 24 }, (_, index) => `${two(index)}:00`),
        hour,
      ),
      artists: topOf(plays, span(Date.UTC(year, 0, 1), 366 * DAY)).map((row, index) => ({
        rank: String(index + 1),
        ...row,
      })),
      tracks: tracks.map(({ artistId, artistName, ...row }, index) => ({
        rank: String(index + 1),
        trackId: artistId.replace('artist', 'track'),
        trackName: artistName,
        artistName,
        ...row,
      })),
    },
  }
}

/** `now` lies in the last of the weeks. */
export function retention(plays: readonly SomePlay[], now: number, weeks: number, k: number): Row[] {
  const monday = now - ((((now - Date.UTC(2026, 0, 5)) % WEEK) + WEEK) % WEEK)
  const part = (some: number, whole: number) =>
    [some, whole - some].some((few) => few > 0 && few < k) ? null : down(some, k)
  return cohorts(plays, monday - (weeks - 1) * WEEK, weeks).flatMap(({ start, listeners, active }) => {
    if (listeners < k) return []
    const row: Record<string, string | number | null> = {
      week: new Date(start).toJSON().slice(0, 10),
      listeners: down(listeners, k),
    }
    for (let week = 1; week < active.length; week++) row[`week${week}`] = part(active[week]!, listeners)
    return [row]
  })
}
