import { type OwnDay } from '../queries/own-days.ts'
import { ownHours } from '../queries/own-hours.ts'
import { ownTracks } from '../queries/own-tracks.ts'
import { ownVariety } from '../queries/own-variety.ts'
import { ownPlays } from '../server/endpoints/own-plays.ts'
import { DAY, type Span, dates } from '../server/endpoints/spans.ts'
import { isoDay } from '../web/model/iso-day.ts'
import { hourOfDay, weekdayOf, weekdays } from './dates.ts'
import { type Column, type Figure, type Report, ReportError, type Table } from './report.ts'
import { type ReportSource, answersTo } from './source.ts'
import { artistColumns, playsColumns, playsOf, ranked, totalOf } from './told.ts'

/** The k of a report for one listener, in which nothing is left out. */
const ALL = 1
const HOURS_A_DAY = 24
const MONTHS_A_YEAR = 12

/**
 * What one listener, by pseudonym, has played in a year of UTC: for that listener alone, so that nothing is left out.
 * @throws ReportError if that is nothing
 */
export async function listenerReport(
  source: Omit<ReportSource, 'k'>,
  listener: string,
  year: number,
): Promise<Report> {
  const { client, now } = source
  const span: Span = { from: Date.UTC(year, 0, 1), to: Date.UTC(year + 1, 0, 1) }
  const asked = { listener, ...dates(span) }
  const { own, hours, tracks, variety } = await answersTo(source, {
    own: () => ownPlays.read(client, listener, span),
    hours: () => ownHours.run(client, asked),
    tracks: () => ownTracks.run(client, asked),
    variety: () => ownVariety.run(client, asked),
  })
  if (own.days.length === 0) throw nothingIn(year)
  const at = new Map(hours.map((hour) => [hour.hour, hour]))
  return {
    name: 'listener',
    title: `Your year ${year}`,
    about: `What you have played in ${year}${span.to > now ? ' so far' : ''}, in days and hours of UTC.`,
    madeAt: new Date(now).toISOString(),
    k: ALL,
    figures: figuresOf(own.days, variety[0] ?? { artists: 0, tracks: 0 }),
    tables: [
      byPeriod('months', 'Month', monthsOf(year), own.days, (start) => isoDay(start).slice(0, 7)),
      byPeriod('weekdays', 'Weekday', weekdays, own.days, (start) => weekdays[weekdayOf(start)]!),
      {
        ...bars('hours', 'Hour'),
        rows: Array.from({ length: HOURS_A_DAY }, (_, hour) => ({
          name: hourOfDay(hour),
          ...playsOf(at.get(hour), ALL),
        })),
      },
      {
        name: 'artists',
        title: 'Most played artists',
        chart: { kind: 'ranking', label: 'artistName', value: 'plays' },
        columns: artistColumns,
        rows: ranked(own.artists),
      },
      {
        name: 'tracks',
        title: 'Most played tracks',
        columns: trackColumns,
        rows: ranked(tracks),
      },
    ],
  }
}

const trackColumns: readonly [Column, ...Column[]] = [
  { name: 'rank', title: '#', unit: 'text' },
  { name: 'trackName', title: 'Track', unit: 'text' },
  { name: 'artistName', title: 'Artist', unit: 'text' },
  ...playsColumns,
  { name: 'trackId', title: 'ID', unit: 'id' },
]

const figuresOf = (
  days: readonly OwnDay[],
  { artists, tracks }: { artists: number; tracks: number },
): Figure[] => [
  { name: 'plays', title: 'Plays', unit: 'plays', value: totalOf(days).plays },
  { name: 'msPlayed', title: 'Time', unit: 'ms', value: totalOf(days).msPlayed },
  { name: 'days', title: 'Days with music', unit: 'days', value: days.length },
  { name: 'longestRun', title: 'Most days in a row', unit: 'days', value: longestRun(days) },
  { name: 'artists', title: 'Different artists', unit: 'artists', value: artists },
  { name: 'tracks', title: 'Different tracks', unit: 'tracks', value: tracks },
]

/** The most days in a row. `days`: oldest first. */
function longestRun(days: readonly OwnDay[]): number {
  let [longest, run] = [0, 0]
  days.forEach(({ start }, index) => {
    run = start - DAY === days[index - 1]?.start ? run + 1 : 1
    longest = Math.max(longest, run)
  })
  return longest
}

const monthsOf = (year: number) =>
  Array.from({ length: MONTHS_A_YEAR }, (_, month) => isoDay(Date.UTC(year, month, 1)).slice(0, 7))

const bars = (name: string, title: string): Omit<Table, 'rows'> => ({
  name,
  title: `${title}s`,
  chart: { kind: 'bars', label: 'name', value: 'plays' },
  columns: [{ name: 'name', title, unit: 'text' }, ...playsColumns],
})

/** The days of each period together; every period has a row. */
function byPeriod(
  name: string,
  title: string,
  periods: readonly string[],
  days: readonly OwnDay[],
  periodOf: (start: number) => string,
): Table {
  const its = Map.groupBy(days, ({ start }) => periodOf(start))
  return {
    ...bars(name, title),
    rows: periods.map((period) => ({ name: period, ...totalOf(its.get(period) ?? []) })),
  }
}

const nothingIn = (year: number) =>
  new ReportError(
    `this listener has played nothing in ${year}: check the year, and that the name and the keys of pseudonyms are those under which the plays came in`,
  )
