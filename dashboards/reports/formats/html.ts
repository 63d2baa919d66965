import { readFileSync } from 'node:fs'
import { html } from 'ghtml'
import { count, listened, percent } from '../../web/model/format.ts'
import type { Column, Figure, Report, Row, Table, Told, Unit } from '../report.ts'
import { chartOf, isWide } from './chart.ts'

const style = readFileSync(new URL('./report.css', import.meta.url), 'utf8')

/** More rows are scrolled on a screen, and all there on paper. */
const MOST_ROWS = 60
/** More columns do not fit on a sheet: then there are several tables, one below the other. */
const MOST_COLUMNS = 13

/**
 * One file to read and to print, which loads nothing and runs nothing. Each number is in the `value` of a `data` element, too. What begins with `!` goes in as it
 * is: markup of ours; all else is escaped.
 */
export const asHtml = ({ title, about, madeAt, figures, tables }: Report): string =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="generator" content="Continuo" />
        <title>${title}</title>
        <style>
          !${style}
        </style>
      </head>
      <body>
        <main>
          <header>
            <h1><bdi class="name">${title}</bdi></h1>
            <p>${about}</p>
          </header>
          !${figures.length === 0 ? '' : html`<dl class="figures">!${figures.map(figureOf)}</dl>`}
          !${tables.map(sectionOf)}
        </main>
        <footer>
          Made by Continuo on <time datetime="${madeAt}">${madeAt.slice(0, 16).replace('T', ', ')} UTC</time>
        </footer>
      </body>
    </html> `

const figureOf = ({ name, title, unit, value, beside = [] }: Figure): string =>
  html`<div id="figure-${name}">
    <dt>${title}</dt>
    <dd class="value">!${told(value, unit)}</dd>
    !${beside.map((other) => html`<dd>${other.title}: !${told(other.value, unit)}!${change(value, other.value)}</dd>`)}
  </div> `

/** `, +12.5%` */
function change(now: Told, before: Told): string {
  if (now === null || before === null || before === 0) return ''
  const part = now / before - 1
  return html`, <span class="change">${part < 0 ? '−' : '+'}${percent(Math.abs(part))}</span>`
}

function sectionOf(table: Table): string {
  const { name, title, note, chart } = table
  const svg = chartOf(table)
  const beside = chart !== undefined && !isWide(chart)
  return html`<section id="${name}" class="${beside ? 'beside' : ''}" aria-labelledby="title-${name}">
    <h2 id="title-${name}">${title}</h2>
    !${note === undefined ? '' : html`<p class="note">${note}</p>`}
    !${svg === undefined ? '' : html`<div class="chart" data-kind="${chart!.kind}" role="img" aria-label="${labelOf(table)}">!${svg}</div>`}
    !${partsOf(table).map(tableOf)}
  </section> `
}

const labelOf = ({ title, chart }: Table) =>
  `Chart: ${title}${chart?.kind === 'ranking' ? ', the first ten' : ''}. The table has its figures.`

/** A table in parts that fit on a sheet: some of its columns, and the rows that have a value in one of them. */
function partsOf({ title, columns, rows }: Table): Pick<Table, 'title' | 'columns' | 'rows'>[] {
  const [first, ...others] = columns
  return Array.from({ length: Math.ceil(others.length / MOST_COLUMNS) }, (_, part) => {
    const its = others.slice(part * MOST_COLUMNS, (part + 1) * MOST_COLUMNS)
    return {
      title: part === 0 ? title : `${title}, from ${its[0]!.title} on`,
      columns: [first, ...its] as const,
      rows: rows.filter((row) => its.some(({ name }) => row[name] !== undefined)),
    }
  })
}

const tableOf = ({ title, columns, rows }: Pick<Table, 'title' | 'columns' | 'rows'>): string =>
  html`<div
    class="${rows.length > MOST_ROWS ? 'long' : 'table'}"
    role="region"
    aria-label="${title}"
    tabindex="0"
  >
    <table>
      <thead>
        <tr>
          !${columns.map(({ title: head, unit }) => html`<th scope="col" class="${unit}">${head}</th>`)}
        </tr>
      </thead>
      <tbody>
        !${rows.map((row) => rowOf(columns, row))}
      </tbody>
    </table>
  </div> `

const rowOf = ([first, ...others]: Table['columns'], row: Row): string =>
  html`<tr>
    <th scope="row" class="${first.unit}">!${cellOf(first, row)}</th>
    !${others.map((column) => html`<td class="${column.unit}">!${cellOf(column, row)}</td>`)}
  </tr> `

function cellOf({ name, unit }: Column, { [name]: value }: Row): string {
  if (value === undefined) return ''
  return typeof value === 'string' ? html`<bdi class="name">${value}</bdi>` : told(value, unit)
}

const told = (value: Told, unit: Unit): string =>
  value === null ? '<span class="untold">–</span>' : html`<data value="${value}">${shown(value, unit)}</data>`

function shown(value: number, unit: Unit): string {
  if (unit === 'ms') return listened(value)
  return unit === 'share' ? percent(value) : count(value)
}
