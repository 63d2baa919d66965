import { columns, count, counted } from '../status/text.ts'
import { shownAs } from './identifiers.ts'
import type { Finding, Looking } from './search/looking.ts'

/** What a scan has come to. */
export interface ScanReport {
  identifiers: { number: number; shown: string }[]
  /** In how many ways all of them were looked for. */
  forms: number
  places: { place: string; containers: number; rows: number; bytes: number; problems: string[] }[]
  findings: Finding[]
}

export const reportOf = (
  identifiers: readonly string[],
  forms: number,
  all: readonly Looking[],
): ScanReport => ({
  identifiers: identifiers.map((each, index) => ({ number: index + 1, shown: shownAs(each, index) })),
  forms,
  places: all.map(({ place, containers, rows, bytes, problems }) => ({
    place,
    containers,
    rows,
    bytes,
    problems,
  })),
  findings: all.flatMap(({ findings }) => findings),
})

const FOUND = 1
/** Not all could be looked at, and nothing was found. */
export const NOT_ALL = 2

export function exitCodeOf({ findings, places }: ScanReport): number {
  if (findings.some(({ raw }) => !raw)) return FOUND
  return places.some(({ problems }) => problems.length > 0) ? NOT_ALL : 0
}

const timesOf = (findings: readonly Finding[]) => count(findings.reduce((sum, { times }) => sum + times, 0))

const HEAD = ['place', 'looked at', 'rows', 'kB', 'found', 'where it may be']
const KB = 1_000

/** Lines for a terminal. */
export function linesOf({ identifiers, forms, places, findings }: ScanReport): string[] {
  const rows = places.map(({ place, containers, rows, bytes }) => {
    const its = findings.filter((finding) => finding.place === place)
    const [raw, elsewhere] = [its.filter((each) => each.raw), its.filter((each) => !each.raw)]
    const looked = containers === 0 ? 'empty' : count(containers)
    return [
      place,
      looked,
      count(rows),
      count(bytes / KB),
      timesOf(elsewhere),
      raw.length > 0 ? timesOf(raw) : '',
    ]
  })
  const bad = findings.filter(({ raw }) => !raw)
  const problems = places.flatMap(({ place, problems: its }) =>
    its.map((problem) => `not looked at: ${place}, ${problem}`),
  )
  return [
    `${counted(identifiers.length, 'identifier')} in ${counted(forms, 'form')}`,
    ...identifiers.map(({ shown }) => `  ${shown}`),
    '',
    ...columns(HEAD, rows),
    ...section('where they may be', findings.filter(({ raw }) => raw).map(lineOf)),
    ...section('FOUND WHERE NONE MAY BE', bad.map(lineOf)),
    ...section('', problems),
    '',
    conclusion(bad, problems),
  ]
}

const section = (title: string, lines: readonly string[]) =>
  lines.length === 0 ? [] : ['', ...(title === '' ? [] : [title]), ...lines]

const lineOf = ({ place, container, identifier, form, times, examples }: Finding) =>
  `  #${identifier} ${form}, ${counted(times, 'time')}: ${place}, ${container}: ${examples.join('; ')}${times > examples.length ? ' …' : ''}`

function conclusion(bad: readonly Finding[], problems: readonly string[]): string {
  if (bad.length > 0) return `found ${timesOf(bad)} times where none may be`
  if (problems.length > 0) return 'nothing was found, but not all could be looked at'
  return 'clean: nothing was found where none may be'
}
