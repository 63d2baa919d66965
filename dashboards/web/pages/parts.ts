import { type TemplateResult, html, nothing } from 'lit-html'
import { type Reading, isStale, readingText } from '../model/reading.ts'
import { artistAddress } from '../model/address.ts'

/** The head of a view's first panel, `#view-title`: the reader begins there. */
export const viewHeading = (text: string, reading: Reading) => head('view-title', text, reading, '-1')

/** The head of a further panel: what it is, and how fresh. */
export const heading = (id: string, text: string, reading: Reading) => head(id, text, reading, nothing)

const head = (id: string, text: string, reading: Reading, tabindex: '-1' | typeof nothing) =>
  html`<div class="title">
    <h2 id=${id} tabindex=${tabindex}>${text}</h2>
    ${freshness(reading)}
  </div>`

function freshness(reading: Reading) {
  const now = Date.now()
  const text = readingText(reading, now)
  return isStale(reading, now)
    ? html`<p class="fresh trouble" role="status">${text}</p>`
    : html`<p class="fresh">${text}</p>`
}

/** A choice among few as links, so that each is an address. */
export const choices = <Value extends string>(
  label: string,
  values: readonly Value[],
  chosen: Value,
  text: (value: Value) => string,
  href: (value: Value) => string,
) =>
  html`<nav class="choices" aria-label=${label}>
    ${values.map(
      (value) =>
        html`<a href=${href(value)} aria-current=${value === chosen ? 'true' : nothing}>${text(value)}</a>`,
    )}
  </nav>`

/** What stands in place of rows where there are none; nothing while they are being read, or cannot be. */
export const emptyText = (reading: Reading, isEmpty: boolean, text: string) =>
  reading.answer !== undefined && isEmpty ? html`<p class="none">${text}</p>` : nothing

/** An artist's name, which leads to the artist. */
export const artistLink = (artistId: string, artistName: string) =>
  html`<a class="artist-link" href=${artistAddress(artistId, artistName)}>${artistName || artistId}</a>`

/** A table that scrolls where it is too wide or high; the first cell of a row names it. `wide`: of so many columns that the first would have no room. */
export const table = (
  name: string,
  headings: string[],
  rows: (string | TemplateResult)[][],
  width?: 'wide',
) =>
  html`<div class="scroll" tabindex="0" role="region" aria-label=${name}>
    <table class=${`figures-table ${width ?? ''}`}>
      <thead>
        <tr>
          ${headings.map((text) => html`<th scope="col">${text}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ([first, ...others]) =>
            html`<tr>
              <th scope="row">${first}</th>
              ${others.map((cell) => html`<td>${cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
