import { html, nothing } from 'lit-html'
import { guard } from 'lit-html/directives/guard.js'
import type { AnswerOf } from '../../server/endpoints/endpoint.ts'
import type { ownImports } from '../../server/endpoints/own-imports.ts'
import type { ownPlays } from '../../server/endpoints/own-plays.ts'
import { address, choice } from '../model/address.ts'
import { dayUnit } from '../model/chart-unit.ts'
import { count, dayName, listened } from '../model/format.ts'
import { places } from '../model/places.ts'
import { daysText, fewestFirst, lastDays } from './days.ts'
import type { PageView } from './page-view.ts'
import { artistLink, choices, emptyText, table, viewHeading } from './parts.ts'
import { playsOverTime } from './plays-over-time.ts'

const DAYS = ['90', '31', '365'] as const
const IMPORTS = '/api/me/imports'

type OwnPlays = AnswerOf<typeof ownPlays>
type Imports = AnswerOf<typeof ownImports>

/** A year of UTC, or so many days before now. */
function timeIn(parameters: URLSearchParams): string {
  const year = parameters.get('year') ?? ''
  return isYear(year) ? year : choice(parameters, 'days', DAYS)
}

const isYear = (time: string) => /^(19|2[012])\d\d$/.test(time)
const yearOf = (time: number) => new Date(time).getUTCFullYear()

const pathOf = (time: string, now: number) =>
  address(
    '/api/me/plays',
    isYear(time) ? { from: `${time}-01-01`, to: `${Number(time) + 1}-01-01` } : lastDays(time, now),
  )

/** What the listener of the token has played, and what they have imported; their recommendations stand below it. */
export const youView: PageView = {
  title: () => 'You',
  reads: (parameters, now) => [pathOf(timeIn(parameters), now), IMPORTS],
  template(state) {
    const { parameters, reading, now } = state
    const time = timeIn(parameters)
    const own = reading<OwnPlays>(pathOf(time, now))
    const told = own.answer && { ...own.answer, rows: own.answer.days }
    const artists = own.answer?.artists ?? []
    // Not before what stands above them.
    const imported = own.answer && reading<Imports>(IMPORTS).answer
    const imports = imported?.imports ?? []
    const years = yearsOf(imports)

    return html`<section class="panel" aria-labelledby="view-title">
      ${viewHeading('Your plays', own)}
      <div class="filters">
        ${choices('Time', fewestFirst<string>(DAYS), time, daysText, (days) => address(places.you, { days }))}
        <p class="note">Only you see this: it is asked for with your token.</p>
        ${
          years.length === 0
            ? nothing
            : choices('Year', years, time, String, (year) => address(places.you, { year }))
        }
      </div>
      ${playsOverTime('Your plays by day', dayUnit, told, state)}
      <div class="tall">
        ${emptyText(own, artists.length === 0, years.length === 0 ? NONE : NONE_BUT_YEARS)}
        ${guard([own.answer], () => (artists.length === 0 ? nothing : artistTable(artists)))}
        ${guard([imported], () => (imports.length === 0 ? nothing : importTable(imports)))}
      </div>
    </section>`
  },
}

/** Years of UTC that imports are of, the last one first. */
function yearsOf(imports: Imports['imports']): string[] {
  const years = new Set<number>()
  for (const { firstPlayedAt, lastPlayedAt } of imports)
    for (let year = yearOf(firstPlayedAt); year <= yearOf(lastPlayedAt); year++) years.add(year)
  return [...years].sort((a, b) => b - a).map(String)
}

const NONE = 'You have played nothing in this time: choose a longer one, or play something.'
const NONE_BUT_YEARS = 'You have played nothing in this time: choose a longer one, or a year of your imports.'

const artistTable = (artists: OwnPlays['artists']) =>
  table(
    'Artists you played most',
    ['Your artists', 'Plays', 'Listened'],
    artists.map(({ artistId, artistName, plays, msPlayed }) => [
      artistLink(artistId, artistName),
      count(plays),
      listened(msPlayed),
    ]),
  )

const importTable = (imports: Imports['imports']) =>
  table(
    'What you have imported',
    ['Imported', 'New plays', 'Listened', 'Played'],
    imports.map(({ begun, plays, msPlayed, firstPlayedAt, lastPlayedAt }) => [
      dayName(begun),
      count(plays),
      listened(msPlayed),
      `${dayName(firstPlayedAt)} – ${dayName(lastPlayedAt)}`,
    ]),
  )
