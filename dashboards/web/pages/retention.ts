import { html, nothing } from 'lit-html'
import { guard } from 'lit-html/directives/guard.js'
import type { cohortRetention } from '../../server/endpoints/cohort-retention.ts'
import type { AnswerOf } from '../../server/endpoints/endpoint.ts'
import { count, dayName, shortDay } from '../model/format.ts'
import { NO_FIGURE } from '../model/withheld-text.ts'

export type CohortRetention = AnswerOf<typeof cohortRetention>

/** Cohorts as a heat map whose cells are numbers, so that it is a table to everyone; newest first. */
export const retentionTable = (answer: CohortRetention) =>
  guard([answer], () => {
    const { cohorts, k } = answer
    const weeks = Math.max(...cohorts.map(({ active }) => active.length))
    return html`<div class="scroll" tabindex="0" role="region" aria-label="Who comes back, by week">
      <table class="heat">
        <thead>
          <tr>
            <th scope="col">Week from</th>
            <th scope="col">Listeners</th>
            ${Array.from({ length: weeks }, (_, week) => html`<th scope="col">${week === 0 ? 'Week 0' : week}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${cohorts.toReversed().map(
            ({ start, listeners, active }) =>
              html`<tr>
                <th scope="row" title=${dayName(start)}>${shortDay(start, 'UTC')}</th>
                <td>${count(listeners)}</td>
                ${Array.from({ length: weeks }, (_, week) => cell(active[week], listeners, k))}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`
  })

/** A part that may not be told is a dash; a week that is still to come is empty. */
function cell(active: number | null | undefined, listeners: number, k: number) {
  if (active === undefined) return html`<td></td>`
  if (active === null)
    return html`<td title=${`Fewer than ${k} listeners have, or have not; that is not shown.`}>
      ${NO_FIGURE}
    </td>`
  const part = listeners === 0 ? 0 : Math.min(1, active / listeners)
  return html`<td data-level=${levelOf(part) || nothing} title=${`${count(active)} listeners`}>
    ${Math.round(part * 100)}
  </td>`
}

/** 0 for nobody, and then 1 to 5. */
export const levelOf = (part: number): number => Math.ceil(part * 5)
