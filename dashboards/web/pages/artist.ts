import { html } from 'lit-html'
import type { artistByHour } from '../../server/endpoints/artist-by-hour.ts'
import type { AnswerOf } from '../../server/endpoints/endpoint.ts'
import { address, choice } from '../model/address.ts'
import { hourUnit } from '../model/chart-unit.ts'
import { places } from '../model/places.ts'
import { daysText, fewestFirst, lastDays } from './days.ts'
import type { PageView } from './page-view.ts'
import { choices, emptyText, viewHeading } from './parts.ts'
import { playsOverTime } from './plays-over-time.ts'

const DAYS = ['7', '1', '31'] as const
const LONGEST_NAME = 200

const asked = (parameters: URLSearchParams) => {
  const id = parameters.get('id') ?? ''
  return {
    id,
    name: (parameters.get('name') ?? '').slice(0, LONGEST_NAME) || id,
    days: choice(parameters, 'days', DAYS),
  }
}
const pathOf = ({ id, days }: { id: string; days: string }, now: number) =>
  address('/api/artist-by-hour', { artistId: id, ...lastDays(days, now) })

/** One artist's plays by the hour. */
export const artistView: PageView = {
  title: (parameters) => asked(parameters).name || 'Artist',
  reads: (parameters, now) => (asked(parameters).id === '' ? [] : [pathOf(asked(parameters), now)]),
  template(state) {
    const { parameters, reading, now } = state
    const { id, name, days } = asked(parameters)
    if (id === '')
      return html`<section class="panel" aria-labelledby="view-title">
        ${viewHeading('Artist', {})}
        <p class="none">This address names no artist. <a href=${places.artists}>Choose one.</a></p>
      </section>`

    const hours = reading<AnswerOf<typeof artistByHour>>(pathOf({ id, days }, now))
    const told = hours.answer && { ...hours.answer, rows: hours.answer.hours }
    return html`<section class="panel" aria-labelledby="view-title">
      ${viewHeading(name, hours)}
      <div class="filters">
        ${choices('Time', fewestFirst(DAYS), days, daysText, (value) =>
          address(places.artist, { id, name, days: value }),
        )}
        <a href=${places.artists}>All artists</a>
      </div>
      ${playsOverTime(`Plays of ${name} by the hour`, hourUnit, told, state)}
      ${emptyText(hours, told?.rows.length === 0, noneText(told?.k ?? 1))}
    </section>`
  },
}

const noneText = (k: number): string =>
  k > 1
    ? `In no hour of this time has the artist had ${k} listeners; fewer are not shown. Choose a longer time; if all of this is your own, start with K_ANONYMITY=1.`
    : 'The artist was not played in this time. Choose a longer time.'
