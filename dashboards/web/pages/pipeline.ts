import { html, nothing } from 'lit-html'
import type { AnswerOf } from '../../server/endpoints/endpoint.ts'
import type { pipeline } from '../../server/endpoints/pipeline.ts'
import { address } from '../model/address.ts'
import { count, counted, duration, percent, rate } from '../model/format.ts'
import { places } from '../model/places.ts'
import { stateText } from '../model/stage-text.ts'
import { NO_FIGURE } from '../model/withheld-text.ts'
import type { PageView } from './page-view.ts'
import { emptyText, table, viewHeading } from './parts.ts'

type Pipeline = AnswerOf<typeof pipeline>
type Stage = Pipeline['stages'][number]

const PATH = '/api/pipeline'

/** How each stage is, for operators, and how long plays take on their way. */
export const pipelineView: PageView = {
  title: () => 'Pipeline',
  reads: () => [PATH],
  template({ reading }) {
    const read = reading<Pipeline>(PATH)
    const { answer } = read
    const stages = answer?.stages ?? []
    const knowsStages = answer !== undefined && !answer.unavailable.includes('kafka')

    return html`<section class="panel" aria-labelledby="view-title">
      ${viewHeading('Pipeline', read)}
      <p class="note trouble" role="status">${answer ? awayText(answer) : ''}</p>
      ${latencies(answer)}
      <div class="tall stages">
        ${answer && stages.length > 0 ? stageTable(answer) : nothing}
        ${emptyText(read, knowsStages && stages.length === 0, NONE)} ${remedies(stages)}
      </div>
    </section>`
  },
}

const NONE = 'There is no stage here: `continuo migrate` makes their topics, `continuo start` runs them.'

function awayText({ unavailable }: Pipeline): string {
  const kafka = 'Kafka does not answer, so nobody knows how the stages are.'
  const clickhouse = 'ClickHouse does not answer, so latency and dead letters are not known.'
  return [unavailable.includes('kafka') ? kafka : '', unavailable.includes('clickhouse') ? clickhouse : '']
    .join(' ')
    .trim()
}

function latencies(answer: Pipeline | undefined) {
  const latency = answer?.latency
  const value = (name: 'p50' | 'p95' | 'p99') => {
    const ms = latency?.[name]
    return html`<div>
      <dt>${name}</dt>
      <dd>${ms === null || ms === undefined ? NO_FIGURE : duration(ms)}</dd>
    </div>`
  }
  return html`<h3 class="small">From a play’s arrival to history</h3>
    <dl class="latencies">${value('p50')} ${value('p95')} ${value('p99')}</dl>
    <p class="note sum">${answer ? latencyText(answer) : ''}</p>`
}

function latencyText({ latency }: Pipeline): string {
  if (latency === null) return 'Not known while ClickHouse is away.'
  if (latency.plays === 0) return 'No play has come to ClickHouse in the last five minutes.'
  const have = latency.plays === 1 ? 'has' : 'have'
  return `${counted(latency.plays, 'play')} ${have} come to ClickHouse in the last five minutes; how long they take to the screen, the overview tells.`
}

const HEADINGS = [
  'Stage',
  'State',
  'Lag',
  'Oldest waits',
  'In per second',
  'Out per second',
  'Committed',
  'Processes',
  'Dead letters, last hour',
]

const stageTable = ({ stages, at }: Pipeline) =>
  table(
    'Stages',
    HEADINGS,
    stages.map((stage) => cellsOf(stage, at)),
    'wide',
  )

function cellsOf(stage: Stage, at: number) {
  const { text, tone } = stateText(stage)
  return [
    html`${stage.stage} <span class="kind">${kindText(stage)}</span>`,
    html`<span class="state" data-tone=${tone}><span class="lamp" aria-hidden="true"></span> ${text}</span>`,
    count(stage.lagRecords),
    stage.lagMs === 0 ? NO_FIGURE : duration(stage.lagMs),
    rate(stage.inPerSecond),
    stage.outPerSecond === null ? NO_FIGURE : rate(stage.outPerSecond),
    stage.committedAt === null ? NO_FIGURE : agoText(at - stage.committedAt),
    `${count(stage.processes)} for ${counted(stage.tasks, 'task')}`,
    lettersCell(stage),
  ]
}

const agoText = (ms: number): string => (ms < 1_000 ? 'just now' : `${duration(ms)} ago`)

const kinds = { topology: 'topology', sink: 'sink', push: 'pushes' } as const

const kindText = ({ kind, version }: Stage): string =>
  version === 1 ? kinds[kind] : `${kinds[kind]}, version ${version}`

function lettersCell({ stage, deadLetters, deadLetterRatio }: Stage) {
  if (deadLetters === null) return NO_FIGURE
  if (deadLetters === 0) return '0'
  const part = deadLetterRatio === null ? '' : ` (${percent(deadLetterRatio)})`
  return html`<a href=${address(places.letters, { stage })}>${count(deadLetters)}</a>${part}`
}

/** What to do about stages that do not help themselves. */
const remedies = (stages: Stage[]) =>
  html`<div role="status">
    <ul class="remedies">
      ${stages.map((stage) => {
        const { remedy } = stateText(stage)
        return remedy === undefined ? nothing : html`<li><b>${stage.stage}</b> ${remedy}</li>`
      })}
    </ul>
  </div>`
