import { html, nothing } from 'lit-html'
import { guard } from 'lit-html/directives/guard.js'
import type { OwnDay } from '../../queries/own-days.ts'
import type { TopArtist } from '../../queries/top-artists.ts'
import { address, choice } from '../model/address.ts'
import { dayUnit } from '../model/chart-unit.ts'
import { count, listened } from '../model/format.ts'
import { places } from '../model/places.ts'
import { daysText, lastDays } from './days.ts'
import type { PageView } from './page-view.ts'
import { artistLink, choices, emptyText, heading, table } from './parts.ts'
import { playsOverTime } from './plays-over-time.ts'

const DAYS = ['90', '31', '365'] as const

interface OwnPlays {
  from: number
  to: number
  days: OwnDay[]
  artists: TopArtist[]
}

const daysIn = (parameters: URLSearchParams) => choice(parameters, 'days', DAYS)
const pathOf = (days: string, now: number) => address('/api/me/plays', lastDays(days, now))

/** What the listener of the token has played; their recommendations stand below it. */
export const youView: PageView = {
  title: () => 'You',
  reads: (parameters, now) => [pathOf(daysIn(parameters), now)],
  template(state) {
    const { parameters, reading, now } = state
    const days = daysIn(parameters)
    const own = reading<OwnPlays>(pathOf(days, now))
    const told = own.answer && { ...own.answer, rows: own.answer.days }
    const artists = own.answer?.artists ?? []

    return html`<section class="panel" aria-labelledby="view-title">
      ${heading('view-title', 'Your plays', own, 'first')}
      <div class="filters">
        ${choices('Time', ['31', '90', '365'] as const, days, daysText, (value) =>
          address(places.you, { days: value }),
        )}
        <p class="note">Only you see this: it is asked for with your token.</p>
      </div>
      ${playsOverTime('Your plays by day', dayUnit, told, state)}
      <div class="tall">
        ${emptyText(own, artists.length === 0, NONE)}
        ${guard([own.answer], () => (artists.length === 0 ? nothing : artistTable(artists)))}
      </div>
    </section>`
  },
}

const NONE = 'You have played nothing in this time: choose a longer one, or play something.'

const artistTable = (artists: TopArtist[]) =>
  table(
    'Artists you played most',
    ['Your artists', 'Plays', 'Listened'],
    artists.map(({ artistId, artistName, plays, msPlayed }) => [
      artistLink(artistId, artistName),
      count(plays),
      listened(msPlayed),
    ]),
  )
