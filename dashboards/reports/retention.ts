import { cohortRetention } from '../server/endpoints/cohort-retention.ts'
import type { AnswerOf } from '../server/endpoints/endpoint.ts'
import { isoDay } from '../web/model/iso-day.ts'
import { type Column, type Figure, type Report, ReportError } from './report.ts'
import { type ReportSource, answersTo } from './source.ts'
import { rule } from './told.ts'

type Cohort = AnswerOf<typeof cohortRetention>['cohorts'][number]

/**
 * Of the listeners whose first play was in each of the last `weeks` weeks (at most `MOST_WEEKS`, the running one included), how many came back in each week behind it.
 * @throws ReportError if nothing may be told of any of them
 */
export async function retentionReport(source: ReportSource, weeks: number): Promise<Report> {
  const { k, now } = source
  const span = cohortRetention.plan({ weeks }, now)
  const {
    read: { cohorts },
  } = await answersTo(source, { read: () => cohortRetention.read(source, span) })
  if (cohorts.length === 0) throw nothingIn(weeks, k)
  const later = Array.from({ length: weeks - 1 }, (_, index) => index + 1)
  return {
    name: 'retention',
    title: 'Who came back',
    about: `Listeners by the week of UTC, from Monday on, of their first play, and how many of them played in each week behind it. The last one runs until ${isoDay(span.to - 1)}. ${rule(k)}`,
    madeAt: new Date(now).toISOString(),
    k,
    figures: [1, 4].filter((week) => week < weeks).map((week) => shareBack(cohorts, week)),
    tables: [
      {
        name: 'cohorts',
        title: 'Listeners by their first week, and weeks later',
        ...(k > 1 && {
          note: `Without a figure: of fewer than ${k} listeners, or of all but fewer than ${k}.`,
        }),
        chart: { kind: 'heat', whole: 'listeners' },
        columns: [
          { name: 'week', title: 'First week', unit: 'text' },
          { name: 'listeners', title: 'Listeners', unit: 'listeners' },
          ...later.map(weekColumn),
        ],
        rows: cohorts.map(({ start, listeners, active }) => ({
          week: isoDay(start),
          listeners,
          ...Object.fromEntries(active.slice(1).map((told, index) => [nameOf(index + 1), told])),
        })),
      },
    ],
  }
}

const nameOf = (week: number) => `week${week}`

const weekColumn = (week: number): Column => ({
  name: nameOf(week),
  title: `+${week}`,
  unit: 'listeners',
})

/** The share that came back so many weeks later, over all cohorts that tell it. The running week does not count. */
function shareBack(cohorts: readonly Cohort[], week: number): Figure {
  const [back, all] = cohorts.reduce(
    ([some, whole], { active, listeners }) => {
      const told = active.length - 1 > week ? active[week] : undefined
      return typeof told === 'number' ? [some + told, whole + listeners] : [some, whole]
    },
    [0, 0],
  )
  const title = week === 1 ? 'Back a week later' : `Back ${week} weeks later`
  return { name: `back${week}`, title, unit: 'share', value: all === 0 ? null : back / all }
}

const nothingIn = (weeks: number, k: number) =>
  new ReportError(
    k === 1
      ? `nobody played for the first time in the last ${weeks} weeks: ask for more with --weeks`
      : `there is no week of the last ${weeks} in which ${k} listeners played for the first time: ask for more with --weeks, or set K_ANONYMITY=1 if the plays are your own alone`,
  )
