import type { Settled } from './settlement.ts'
import type { SkipReason } from './spotify.ts'

/** What an import did, row by row accounted for. */
export interface ImportReport {
  importId: string
  /** The listener's pseudonym. */
  listener: string
  files: number
  /** Rows in the files. */
  read: number
  /** Rows left out, by reason. */
  skipped: Partial<Record<SkipReason, number>>
  /** Rows that an earlier import had brought. */
  alreadyImported: number
  /** Plays sent to topic `plays`. */
  sent: number
  /** Where they went behind `anonymise`; null if that was not waited for, or not in time. */
  settled: Settled | null
  /** The group that had not passed the plays when the deadline came. */
  waitedInVainFor: string | null
}

/** The sums of a report: read = produced + duplicate + skipped + deadLettered. */
export interface Totals {
  read: number
  /** New plays in `plays-clean`; if that was not waited for, plays sent. */
  produced: number
  duplicate: number
  skipped: number
  deadLettered: number
  addsUp: boolean
}

export function totalsOf({
  read,
  skipped,
  alreadyImported,
  sent,
  settled,
  waitedInVainFor,
}: ImportReport): Totals {
  const { clean, duplicates, deadLetters } = settled ?? { clean: sent, duplicates: 0, deadLetters: 0 }
  const skippedRows = Object.values(skipped).reduce((sum, count) => sum + count, 0)
  const totals = {
    read,
    produced: clean,
    duplicate: alreadyImported + duplicates,
    skipped: skippedRows,
    deadLettered: deadLetters,
  }
  const sum = totals.produced + totals.duplicate + totals.skipped + totals.deadLettered
  return { ...totals, addsUp: waitedInVainFor === null && sum === read }
}

/** The report as a table to read. */
export function tableOf(report: ImportReport): string {
  const totals = totalsOf(report)
  const { settled, alreadyImported, skipped } = report
  const reasons = Object.entries(skipped).map(([reason, count]): Line => [`  ${reason}`, count])
  const lines: Line[] = [
    ['rows read', totals.read],
    [settled === null ? 'sent' : 'produced', totals.produced],
    ['duplicate', totals.duplicate],
    ...(alreadyImported > 0 ? [['  imported before', alreadyImported] satisfies Line] : []),
    ...(settled !== null && settled.duplicates > 0
      ? [['  seen by anonymise', settled.duplicates] satisfies Line]
      : []),
    ['skipped', totals.skipped],
    ...reasons,
    ['dead-lettered', totals.deadLettered],
  ]
  const width = Math.max(...lines.map(([label]) => label.length))
  const table = lines.map(
    ([label, count]) => `${label.padEnd(width)}  ${count.toLocaleString('en').padStart(10)}`,
  )
  return [`Import ${report.importId}`, ...table, verdict(report, totals)].join('\n')
}

type Line = [label: string, count: number]

function verdict({ settled, waitedInVainFor }: ImportReport, { addsUp }: Totals): string {
  if (waitedInVainFor !== null) {
    return (
      `The plays are sent, but the group ${waitedInVainFor} has not read them within the deadline: is \`continuo run\` running? ` +
      'Nothing is lost; what became of them was not counted.'
    )
  }
  if (!addsUp)
    return 'This does not add up: plays are missing behind anonymise. Please report it with this table.'
  return settled === null
    ? 'Adds up as far as topic plays.'
    : 'Adds up: read = produced + duplicate + skipped + dead-lettered.'
}
