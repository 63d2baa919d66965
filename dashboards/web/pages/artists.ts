import { html, nothing } from 'lit-html'
import type { AnswerOf } from '../../server/endpoints/endpoint.ts'
import type { topArtists } from '../../server/endpoints/top-artists.ts'
import { address, choice, dayIn } from '../model/address.ts'
import { dayUnit } from '../model/chart-unit.ts'
import { count, dayName, listened } from '../model/format.ts'
import { isoDay } from '../model/iso-day.ts'
import { places } from '../model/places.ts'
import { upTo100 } from '../model/withheld-text.ts'
import { dayBeside } from './days.ts'
import type { PageView, ViewState } from './page-view.ts'
import { artistLink, choices, emptyText, table, viewHeading } from './parts.ts'

type TopArtists = AnswerOf<typeof topArtists>

const PERIODS = ['day', 'week', 'month'] as const

const asked = (parameters: URLSearchParams) => ({
  period: choice(parameters, 'period', PERIODS),
  day: dayIn(parameters, 'day'),
  q: parameters.get('q') ?? '',
})
const pathOf = ({ period, day }: { period: string; day: string }) =>
  address('/api/top-artists', { period, day })

/** The most played artists of a day, week or month, and of them those with some letters in their name. */
export const artistsView: PageView = {
  title: () => 'Artists',
  reads: (parameters) => [pathOf(asked(parameters))],
  template(state) {
    const given = asked(state.parameters)
    const top = state.reading<TopArtists>(pathOf(given))
    const all = top.answer?.artists ?? []
    const k = top.answer?.k ?? 1
    const letters = given.q.trim().toLowerCase()
    const rows = all
      .map((artist, index) => ({ ...artist, place: index + 1 }))
      .filter(({ artistName }) => artistName.toLowerCase().includes(letters))
    const noneNamed = `None of these ${all.length} artists has “${given.q}” in its name.`

    return html`<section class="panel" aria-labelledby="view-title">
      ${viewHeading('Artists', top)} ${filters(state)}
      <p class="note" role="status">${spanText(top.answer)}</p>
      <div class="tall">
        ${emptyText(top, all.length === 0, noneText(k))}
        ${emptyText(top, all.length > 0 && rows.length === 0, noneNamed)}
        ${
          rows.length === 0
            ? nothing
            : table(
                'Most played artists',
                HEADINGS,
                rows.map((artist) => cellsOf(artist, k)),
              )
        }
      </div>
    </section>`
  },
}

const HEADINGS = ['Artist', 'Plays', 'Listened', 'Listeners']

const cellsOf = (artist: TopArtists['artists'][number] & { place: number }, k: number) => [
  html`<span class="place">${artist.place}</span> ${artistLink(artist.artistId, artist.artistName)}`,
  count(artist.plays),
  listened(artist.msPlayed),
  upTo100(artist.listeners, k),
]

function filters({ parameters, go, now }: ViewState) {
  const given = asked(parameters)
  const day = given.day || isoDay(now)
  const href = (changes: Record<string, string>) => address(places.artists, { ...given, ...changes })
  const beside = (side: 'before' | 'behind') => href({ day: dayBeside(given.period, day, side) })
  const change = (name: string, how?: 'replace') => (event: Event) =>
    go({ ...given, [name]: (event.target as HTMLInputElement).value }, how)

  return html`<div class="filters">
    ${choices('Period', PERIODS, given.period, periodText, (period) => href({ period }))}
    <label>
      of <span class="hidden-text">the day</span>
      <input type="date" min="1900-01-01" max="2299-12-31" .value=${day} @change=${change('day')} />
    </label>
    <span class="steps">
      <a href=${beside('before')}>Earlier</a>
      <a href=${beside('behind')}>Later</a>
    </span>
    <label class="search">
      <span class="hidden-text">Filter by name</span>
      <input type="search" placeholder="Filter by name" .value=${given.q} @input=${change('q', 'replace')} />
    </label>
  </div>`
}

const periodText = (period: string): string => period[0]!.toUpperCase() + period.slice(1)

function spanText(span: TopArtists | undefined): string {
  if (span === undefined) return ''
  const last = span.to - dayUnit.ms
  const days = last > span.from ? `${dayName(span.from)} to ${dayName(last)}` : dayName(span.from)
  return `${days}, in UTC${span.k > 1 ? `; from ${span.k} listeners on, in steps of ${span.k}` : ''}`
}

const noneText = (k: number): string =>
  k > 1
    ? `No artist has ${k} listeners in this time; fewer are not shown. Choose a longer period or another day; if all of this is your own, start with K_ANONYMITY=1.`
    : 'Nothing was played in this time. Choose a longer period or another day.'
