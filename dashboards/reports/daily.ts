import type { AnswerOf } from '../server/endpoints/endpoint.ts'
import { playsByDay } from '../server/endpoints/plays-by-day.ts'
import { playsByHour } from '../server/endpoints/plays-by-hour.ts'
import { DAY, periodOf } from '../server/endpoints/spans.ts'
import { topArtists } from '../server/endpoints/top-artists.ts'
import { isoDay } from '../web/model/iso-day.ts'
import { HOUR, hourOfDay, startsIn, weekdayOf, weekdays } from './dates.ts'
import { type Figure, type Report, ReportError, type Told, type Unit } from './report.ts'
import { type ReportSource, answersTo, planned } from './source.ts'
import { artistColumns, gaps, playsColumns, playsOf, ranked, rule, untold } from './told.ts'

type DayTold = AnswerOf<typeof playsByDay>['days'][number]

/**
 * A day of UTC (2026-01-31; by default yesterday): its figures beside those of the day before and of a week before, its hours, and its fifty artists.
 * @throws ReportError for a day that no table has, and for one of which nothing may be told
 */
export async function dailyReport(source: ReportSource, asked?: string): Promise<Report> {
  const { k, now } = source
  const day = planned(() => periodOf('day', asked ?? isoDay(now - DAY), now))
  const { days, hours, artists } = await answersTo(source, {
    days: () => playsByDay.read(source, { from: day.from - 7 * DAY, to: day.to }),
    hours: () => playsByHour.read(source, day),
    artists: () => topArtists.read(source, day),
  })
  const at = new Map(days.days.map((each) => [each.start, each]))
  const its = at.get(day.from)
  if (its === undefined) throw nothingOf(day.from, k)
  const hourAt = new Map(hours.hours.map((hour) => [hour.start, hour]))
  return {
    name: 'daily',
    title: `${weekdays[weekdayOf(day.from)]}, ${isoDay(day.from)}`,
    about: `A day of UTC${day.to > now ? ', which is not over' : ''}. ${rule(k)}`,
    madeAt: new Date(now).toISOString(),
    k,
    figures: figuresOf(its, at.get(day.from - DAY), at.get(day.from - 7 * DAY), k),
    tables: [
      {
        name: 'hours',
        title: 'Hours',
        ...gaps(k),
        chart: { kind: 'bars', label: 'hour', value: 'plays' },
        columns: [{ name: 'hour', title: 'Hour', unit: 'text' }, ...playsColumns],
        rows: startsIn(day, HOUR, now).map((start, hour) => ({
          hour: hourOfDay(hour),
          ...playsOf(hourAt.get(start), k),
        })),
      },
      {
        name: 'artists',
        title: 'Most played artists',
        chart: { kind: 'ranking', label: 'artistName', value: 'plays' },
        columns: artistColumns,
        rows: ranked(artists.artists.map(({ listeners: _, ...artist }) => artist)),
      },
    ],
  }
}

function figuresOf(its: DayTold, before: DayTold | undefined, week: DayTold | undefined, k: number) {
  const figure = (name: 'plays' | 'msPlayed' | 'listeners', title: string, unit: Unit): Figure => {
    const of = (day: DayTold | undefined): Told => day?.[name] ?? untold(k)
    return {
      name,
      title,
      unit,
      value: of(its),
      beside: [
        { name: 'dayBefore', title: 'the day before', value: of(before) },
        { name: 'weekBefore', title: 'a week before', value: of(week) },
      ],
    }
  }
  return [
    figure('plays', 'Plays', 'plays'),
    figure('msPlayed', 'Time', 'ms'),
    figure('listeners', 'Listeners', 'listeners'),
  ]
}

const nothingOf = (day: number, k: number) =>
  new ReportError(
    k === 1
      ? `nobody has played anything on ${isoDay(day)}: name another day with --day`
      : `fewer than ${k} listeners, or nobody, have played anything on ${isoDay(day)}: name another day with --day, or set K_ANONYMITY=1 if the plays are your own alone`,
  )
