import { artistName } from '../queries/artist-name.ts'
import { artistByDay } from '../server/endpoints/artist-by-day.ts'
import { artistByHour } from '../server/endpoints/artist-by-hour.ts'
import type { AnswerOf } from '../server/endpoints/endpoint.ts'
import { DAY, type Days } from '../server/endpoints/spans.ts'
import { isoDay } from '../web/model/iso-day.ts'
import { HOUR, hourText, startsIn } from './dates.ts'
import { type Report, ReportError, type Table } from './report.ts'
import { type ReportSource, answersTo, planned } from './source.ts'
import { type PlaysTold, gaps, playsColumns, playsOf, rule, totalOf, untold } from './told.ts'

const HOURS_OF_DAYS = 7

type DayTold = AnswerOf<typeof artistByDay>['days'][number]

/**
 * An artist by day of UTC, and by hour of the last seven of these days: `from` to before `to`, by default the last 30 days.
 * @throws ReportError for days that no table has, for too many, and for an artist of whom nothing may be told
 */
export async function artistReport(source: ReportSource, artistId: string, days: Days = {}): Promise<Report> {
  const { client, k, now } = source
  const span = planned(() => artistByDay.plan({ artistId, ...days }, now))
  const lately = { ...span, from: Math.max(span.from, span.to - HOURS_OF_DAYS * DAY) }
  const { byDay, byHour, names } = await answersTo(source, {
    byDay: () => artistByDay.read(source, span),
    byHour: () => artistByHour.read(source, lately),
    names: () => artistName.run(client, { artistId }),
  })
  // Whether anybody has played somebody is not told of few, either.
  if (byDay.days.length === 0) throw nothingOf(artistId, k)
  const lastDay = isoDay(span.to - DAY)
  const total = totalOf(byDay.days)
  return {
    name: 'artist',
    title: names[0]?.artistName ?? artistId,
    about: `An artist from ${isoDay(span.from)} to ${lastDay}, in days of UTC. ${rule(k)} Figures of all these days are sums of those that are told.`,
    madeAt: new Date(now).toISOString(),
    k,
    figures: [
      { name: 'plays', title: 'Plays', unit: 'plays', value: total.plays },
      { name: 'msPlayed', title: 'Time', unit: 'ms', value: total.msPlayed },
      { name: 'days', title: 'Days with plays', unit: 'days', value: byDay.days.length },
    ],
    tables: [
      daysTable(byDay.days, startsIn(span, DAY, now), k),
      hoursTable(byHour.hours, startsIn(lately, HOUR, now), k),
    ],
  }
}

function daysTable(told: readonly DayTold[], starts: readonly number[], k: number): Table {
  const at = new Map(told.map((day) => [day.start, day]))
  return {
    name: 'days',
    title: 'Days',
    ...gaps(k),
    chart: { kind: 'line', label: 'day', value: 'plays' },
    columns: [
      { name: 'day', title: 'Day', unit: 'text' },
      ...playsColumns,
      { name: 'listeners', title: 'Listeners', unit: 'listeners' },
    ],
    rows: starts.map((start) => ({
      day: isoDay(start),
      ...playsOf(at.get(start), k),
      listeners: at.get(start)?.listeners ?? untold(k),
    })),
  }
}

function hoursTable(
  told: readonly (PlaysTold & { start: number })[],
  starts: readonly number[],
  k: number,
): Table {
  const at = new Map(told.map((hour) => [hour.start, hour]))
  return {
    name: 'hours',
    title: 'Hours of the last days',
    ...gaps(k),
    chart: { kind: 'line', label: 'hour', value: 'plays' },
    columns: [{ name: 'hour', title: 'Hour', unit: 'text' }, ...playsColumns],
    rows: starts.map((start) => ({ hour: hourText(start), ...playsOf(at.get(start), k) })),
  }
}

const nothingOf = (artistId: string, k: number) =>
  new ReportError(
    k === 1
      ? `nobody has played the artist ${JSON.stringify(artistId)} in these days: look for the ID in \`continuo report daily\`, or name other days with --from and --to`
      : `there is no day on which ${k} listeners have played the artist ${JSON.stringify(artistId)}: look for the ID in \`continuo report daily\`, name other days with --from and --to, or set K_ANONYMITY=1 if the plays are your own alone`,
  )
