import { html, nothing } from 'lit-html'
import { guard } from 'lit-html/directives/guard.js'
import type { deadLetters } from '../../server/endpoints/dead-letters.ts'
import type { AnswerOf } from '../../server/endpoints/endpoint.ts'
import { address, choice } from '../model/address.ts'
import { barsOf } from '../model/bars.ts'
import { hourUnit, letterHourUnit } from '../model/chart-unit.ts'
import { count, counted, momentName } from '../model/format.ts'
import { places } from '../model/places.ts'
import { NO_FIGURE } from '../model/withheld-text.ts'
import '../views/time-chart.ts'
import { daysText, fewestFirst, lastDays } from './days.ts'
import type { PageView, ViewState } from './page-view.ts'
import { choices, emptyText, table, viewHeading } from './parts.ts'

const DAYS = ['7', '1', '31'] as const
/** How many of the newest letters the API tells. */
const MOST_TOLD = 100

type DeadLetters = AnswerOf<typeof deadLetters>

const asked = (parameters: URLSearchParams) => ({
  stage: parameters.get('stage') ?? '',
  days: choice(parameters, 'days', DAYS),
})
type Asked = ReturnType<typeof asked>

const pathOf = ({ stage, days }: Asked, now: number) =>
  address('/api/dead-letters', { stage, ...lastDays(days, now) })

/** What stages have set aside, for operators: how much, why, and the newest of it. */
export const lettersView: PageView = {
  title: () => 'Dead letters',
  reads: (parameters, now) => [pathOf(asked(parameters), now)],
  template(state) {
    const given = asked(state.parameters)
    const letters = state.reading<DeadLetters>(pathOf(given, state.now))
    const { answer } = letters
    const isEmpty = answer?.newest.length === 0

    return html`<section class="panel" aria-labelledby="view-title">
        ${viewHeading('Dead letters', letters)} ${filters(given)} ${chart(answer, state)}
        <p class="note sum">${answer ? sumText(answer) : ''}</p>
        <div class="tall">
          ${emptyText(letters, isEmpty, given.stage === '' ? NONE : NONE_OF_STAGE)}
          ${guard([answer?.groups], () => (answer && !isEmpty ? groupTable(answer.groups, given) : nothing))}
        </div>
      </section>
      ${answer && !isEmpty ? newest(answer.newest) : nothing}`
  },
}

const NONE = 'Nothing was set aside in this time: choose a longer one, if there should be something.'
const NONE_OF_STAGE =
  'This stage has set nothing aside in this time: choose a longer one, or look at all stages.'

function filters(given: Asked) {
  const href = (changes: Partial<Asked>) => address(places.letters, { ...given, ...changes })
  const stages = given.stage === '' ? [''] : ['', given.stage]
  return html`<div class="filters">
    ${choices('Time', fewestFirst(DAYS), given.days, daysText, (days) => href({ days }))}
    ${choices(
      'Stage',
      stages,
      given.stage,
      (stage) => stage || 'All stages',
      (stage) => href({ stage }),
    )}
  </div>`
}

function chart(answer: DeadLetters | undefined, { now }: ViewState) {
  const running = Math.floor(now / hourUnit.ms) * hourUnit.ms
  const historyOf = () => {
    const rows = (answer?.hours ?? []).map(({ start, letters }) => ({ start, plays: letters }))
    return {
      unit: letterHourUnit,
      bars: answer ? barsOf({ ...answer, rows }, letterHourUnit, now) : [],
      k: 1,
      running,
    }
  }
  return html`<time-chart
    label="Dead letters by the hour"
    .history=${guard([answer?.hours, running], historyOf)}
  ></time-chart>`
}

function sumText({ hours, groups }: DeadLetters): string {
  const letters = hours.reduce((sum, each) => sum + each.letters, 0)
  if (letters === 0) return 'No dead letters in this time.'
  const reasons = new Set(groups.map(({ reason }) => reason)).size
  return `${counted(letters, 'letter')}, for ${counted(reasons, 'reason')}. What is sealed in them is shown by \`continuo dlq show ID --open\` alone.`
}

const groupTable = (groups: DeadLetters['groups'], given: Asked) =>
  table(
    'Why records were set aside',
    ['Reason', 'Letters', 'Records', 'Stage', 'Kind', 'Topic', 'First', 'Last'],
    groups.map(({ reason, letters, records, stage, kind, topic, first, last }) => [
      reason,
      count(letters),
      count(records),
      html`<a href=${address(places.letters, { ...given, stage })}>${stage}</a>`,
      kind,
      topic,
      momentName(first),
      momentName(last),
    ]),
    'wide',
  )

const newest = (letters: DeadLetters['newest']) =>
  html`<section class="panel newest" aria-labelledby="newest-title">
    <div class="title">
      <h2 id="newest-title">${letters.length === MOST_TOLD ? 'The newest hundred' : 'The newest'}</h2>
    </div>
    ${guard([letters], () =>
      table(
        'The newest dead letters',
        ['What was wrong', 'When', 'Code', 'Set aside before', 'ID'],
        letters.map((letter) => [
          // It says the reason and the schema, too; letters of before have none.
          letter.summary || letter.reason,
          momentName(letter.at),
          letter.errorCode ?? NO_FIGURE,
          letter.attempt === 0 ? 'never' : counted(letter.attempt, 'time'),
          html`<code>${letter.id}</code>`,
        ]),
        'wide',
      ),
    )}
  </section>`
