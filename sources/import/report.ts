import type { FileTrouble } from './files/find-files.ts'
import type { Settled } from './settlement.ts'
import type { Tally } from './tally.ts'

export interface ListenerReport extends Tally {
  /** The listener's pseudonym; a dry run has no key to make it with. */
  listener?: string
}

/** What an import did, record by record accounted for. */
export interface ImportReport extends Tally {
  importId: string
  /** Nothing was sent; `sent` is what would have been, as far as files can tell. */
  dryRun: boolean
  listeners: ListenerReport[]
  /** Files that were read. */
  files: number
  /** Files in folders and archives that are something else. */
  others: number
  unreadable: FileTrouble[]
  /** Read to where they end or are damaged. */
  incomplete: FileTrouble[]
  /** Where the plays went behind `anonymise`; null if that was not waited for, or not in time. */
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
  const { settled, alreadyImported, skipped, dryRun, files, others, listeners, unreadable, incomplete } =
    report
  const reasons = Object.entries(skipped)
    .toSorted(([, one], [, other]) => other - one)
    .map(([reason, count]): Line => [`  ${reason}`, count])
  const lines: Line[] = [
    ['files', files],
    ...some('other files', others),
    ...(listeners.length > 1 ? some('listeners', listeners.length) : []),
    ['records read', totals.read],
    [dryRun ? 'would be sent' : settled === null ? 'sent' : 'produced', totals.produced],
    ['duplicate', totals.duplicate],
    ...some('  of an earlier import or file', alreadyImported),
    ...some('  seen by anonymise', settled?.duplicates ?? 0),
    ['skipped', totals.skipped],
    ...reasons,
    ['dead-lettered', totals.deadLettered],
  ]
  const width = Math.max(...lines.map(([label]) => label.length))
  const table = lines.map(
    ([label, count]) => `${label.padEnd(width)}  ${count.toLocaleString('en').padStart(10)}`,
  )
  const title = dryRun ? 'Nothing is imported: this is a dry run' : `Import ${report.importId}`
  const troubles = [
    ...unreadable.map(({ path, why }) => `Not read: ${path}: ${why}`),
    ...incomplete.map(({ path, why }) => `Read in part: ${path}: ${why}`),
  ].map(printable)
  return [title, ...table, ...troubles, ...hints(report), verdict(report, totals)].join('\n')
}

/** A terminal obeys what controls it, and turns round what is between marks of direction; a name of a file may hold both. */
const printable = (text: string) =>
  text.replaceAll(
    /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

type Line = [label: string, count: number]

const some = (label: string, count: number): Line[] => (count > 0 ? [[label, count]] : [])

/** What a user can do about reasons. */
function hints({ skipped }: ImportReport): string[] {
  return skipped.time_zone_unknown === undefined
    ? []
    : ['Times without a zone: give the one that they are in, --time-zone Europe/Berlin.']
}

function verdict({ settled, waitedInVainFor, dryRun }: ImportReport, totals: Totals): string {
  if (waitedInVainFor !== null) {
    return (
      `The plays are sent, but the group ${waitedInVainFor} has not read them within the deadline: is \`continuo run\` running? ` +
      'Nothing is lost; what became of them was not counted.'
    )
  }
  if (!totals.addsUp) {
    const { read, produced, duplicate, skipped, deadLettered } = totals
    const what =
      produced + duplicate + skipped + deadLettered < read ? 'plays are missing' : 'there are too many plays'
    return `This does not add up: ${what} behind anonymise. Please report it with this table.`
  }
  if (dryRun) return 'Adds up; what earlier imports have brought was not looked up.'
  return settled === null
    ? 'Adds up as far as topic plays.'
    : 'Adds up: read = produced + duplicate + skipped + dead-lettered.'
}
