import { html, nothing } from 'lit-html'
import type { AnswerOf } from '../../server/endpoints/endpoint.ts'
import type { playsByDay } from '../../server/endpoints/plays-by-day.ts'
import type { playsByHour } from '../../server/endpoints/plays-by-hour.ts'
import { address, choice } from '../model/address.ts'
import { dayUnit, hourUnit } from '../model/chart-unit.ts'
import { places } from '../model/places.ts'
import { daysText, fewestFirst, lastDays } from './days.ts'
import type { PageView, ViewState } from './page-view.ts'
import { choices, emptyText, heading, viewHeading } from './parts.ts'
import { playsOverTime } from './plays-over-time.ts'
import { type CohortRetention, retentionTable } from './retention.ts'

const UNITS = ['hour', 'day'] as const
const DAYS = { hour: ['7', '1', '31', '90'], day: ['90', '31', '365', '1095'] } as const
const WEEKS = ['13', '26', '52'] as const

type Plays = AnswerOf<typeof playsByHour | typeof playsByDay>

const asked = (parameters: URLSearchParams) => {
  const by = choice(parameters, 'by', UNITS)
  return { by, days: choice(parameters, 'days', DAYS[by]), weeks: choice(parameters, 'weeks', WEEKS) }
}
type Asked = ReturnType<typeof asked>

const playsPath = ({ by, days }: Asked, now: number) => address(`/api/plays-by-${by}`, lastDays(days, now))
const retentionPath = ({ weeks }: Asked) => address('/api/cohort-retention', { weeks })

/** What all listeners play, by the hour or day, and how many come back. */
export const listenersView: PageView = {
  title: () => 'Listeners',
  reads: (parameters, now) => [playsPath(asked(parameters), now), retentionPath(asked(parameters))],
  template: (state) => html`${activity(state)}${retention(state)}`,
}

function activity(state: ViewState) {
  const { parameters, reading, now } = state
  const given = asked(parameters)
  const { by, days } = given
  const plays = reading<Plays>(playsPath(given, now))
  const told = plays.answer && { ...plays.answer, rows: rowsOf(plays.answer) }
  const none =
    (told?.k ?? 1) > 1
      ? `No ${by} of this time had ${told?.k} listeners; fewer are not shown. Choose a longer time; if all of this is your own, start with K_ANONYMITY=1.`
      : 'Nothing was played in this time: choose a longer one, or start what sends plays.'

  return html`<section class="panel" aria-labelledby="view-title">
    ${viewHeading('Activity of listeners', plays)}
    <div class="filters">
      ${choices(
        'By',
        UNITS,
        by,
        (unit) => `By ${unit}`,
        (unit) => address(places.listeners, { by: unit, weeks: given.weeks }),
      )}
      ${choices('Time', fewestFirst<string>(DAYS[by]), days, daysText, (value) =>
        address(places.listeners, { ...given, days: value }),
      )}
    </div>
    ${playsOverTime(`Plays by the ${by}`, by === 'hour' ? hourUnit : dayUnit, told, state, 'live')}
    ${emptyText(plays, told?.rows.length === 0, none)}
  </section>`
}

const rowsOf = (plays: Plays) => ('hours' in plays ? plays.hours : plays.days)

function retention({ parameters, reading }: ViewState) {
  const given = asked(parameters)
  const cohorts = reading<CohortRetention>(retentionPath(given))
  const k = cohorts.answer?.k ?? 1
  const none =
    k > 1
      ? `In none of these weeks did ${k} listeners begin; fewer are not shown. Choose more weeks.`
      : 'Nobody began to listen in these weeks. Choose more.'

  return html`<section class="panel" aria-labelledby="retention-title">
    ${heading('retention-title', 'Who comes back', cohorts)}
    <div class="filters">
      ${choices(
        'Weeks',
        WEEKS,
        given.weeks,
        (weeks) => `${weeks} weeks`,
        (weeks) => address(places.listeners, { ...given, weeks }),
      )}
    </div>
    <p class="note">
      Of the listeners whose first play was in a week, how many of a hundred have played in each week from
      there on.${k > 1 ? ` Both are counted in steps of ${k}, so it is rough where few began.` : ''}
    </p>
    <div class="tall">
      ${cohorts.answer && cohorts.answer.cohorts.length > 0 ? retentionTable(cohorts.answer) : nothing}
      ${emptyText(cohorts, cohorts.answer?.cohorts.length === 0, none)}
    </div>
  </section>`
}
