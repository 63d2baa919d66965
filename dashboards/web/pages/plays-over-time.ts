import { html, nothing } from 'lit-html'
import { guard } from 'lit-html/directives/guard.js'
import { barsOf } from '../model/bars.ts'
import { type ChartUnit, dayUnit } from '../model/chart-unit.ts'
import { count, counted, listened } from '../model/format.ts'
import { upTo100 } from '../model/withheld-text.ts'
import '../views/time-chart.ts'
import type { ViewState } from './page-view.ts'
import { table } from './parts.ts'

interface Row {
  start: number
  plays: number
  msPlayed: number
  listeners?: number
}

/** Hours or days, as the API tells them. */
export interface PlaysOverTime {
  from: number
  to: number
  k?: number
  rows: Row[]
}

/** Tables that the reader has opened, by their names. */
const opened = new Set<string>()

/** A chart of plays over time, what it says in words, and the same as a table. `live`: its running bar is at least what the gateway knows. */
export function playsOverTime(
  name: string,
  unit: ChartUnit,
  told: PlaysOverTime | undefined,
  { now, playsSince, redraw }: Pick<ViewState, 'now' | 'playsSince' | 'redraw'>,
  live?: 'live',
) {
  const running = Math.floor(now / unit.ms) * unit.ms
  const plays = live ? playsSince(running) : 0
  const historyOf = () => ({ unit, bars: told ? barsOf(told, unit, now) : [], k: told?.k ?? 1, running })
  const isOpen = opened.has(name)
  const toggle = ({ currentTarget }: Event): void => {
    if ((currentTarget as HTMLDetailsElement).open) opened.add(name)
    else opened.delete(name)
    redraw()
  }

  return html`<time-chart
      label=${name}
      .history=${guard([told?.rows, unit, running], historyOf)}
      .live=${guard([running, plays], () => ({ start: running, plays }))}
    ></time-chart>
    <p class="note sum">${guard([told?.rows, unit], () => (told ? sumText(told, unit) : ''))}</p>
    <details class="as-table" .open=${isOpen} @toggle=${toggle}>
      <summary>${name} as a table</summary>
      ${guard([told?.rows, unit, isOpen], () => (isOpen && told ? tableOf(name, unit, told) : nothing))}
    </details>`
}

function tableOf(name: string, unit: ChartUnit, { rows, k = 1 }: PlaysOverTime) {
  const hasListeners = rows.some(({ listeners }) => listeners !== undefined)
  const headings = ['From', 'Plays', 'Listened', ...(hasListeners ? ['Listeners'] : [])]
  const cellsOf = ({ start, plays, msPlayed, listeners }: Row) => [
    unit.name(start),
    count(plays),
    listened(msPlayed),
    ...(listeners === undefined ? [] : [listenersText(listeners, unit, k)]),
  ]
  return table(name, headings, rows.toReversed().map(cellsOf))
}

/** The API counts all those of a day. */
const listenersText = (listeners: number, { ms }: ChartUnit, k: number): string =>
  ms < dayUnit.ms ? upTo100(listeners, k) : count(listeners)

function sumText({ rows, k = 1 }: PlaysOverTime, { name }: ChartUnit): string {
  const withheld = k > 1 ? ` In steps of ${k}; what fewer than ${k} listeners have played is not shown.` : ''
  const [first] = rows
  if (first === undefined) return `No plays in this time.${withheld}`
  const most = rows.reduce((highest, row) => (row.plays > highest.plays ? row : highest), first)
  const plays = rows.reduce((sum, row) => sum + row.plays, 0)
  const ms = rows.reduce((sum, row) => sum + row.msPlayed, 0)
  const sum = `${counted(plays, 'play')}, ${listened(ms)}; most from ${name(most.start)} (${count(most.plays)}).`
  return `${sum}${withheld}`
}
