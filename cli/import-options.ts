import { InvalidArgumentError } from 'commander'
import { IANAZone } from 'luxon'
import { type CsvField, type CsvMapping, type History, csvFields } from '../sources/import/index.ts'

export type ListenerOf = History['listenerOf']

/** `--user-by`: the folder or archive right below the one that was named, or a pattern whose first group is found in the path. */
export function userBy(text: string): ListenerOf {
  if (text === 'folder') return ({ within }) => /^([^/]+?)(\.zip)?\//i.exec(within)?.[1]
  let pattern: RegExp
  try {
    pattern = new RegExp(text)
  } catch {
    throw new InvalidArgumentError(NO_PATTERN)
  }
  // A pattern that may be nothing as well tells how many groups it has.
  if (new RegExp(`${text}|`).exec('')!.length < 2) throw new InvalidArgumentError(NO_PATTERN)
  return ({ path }) => pattern.exec(path)?.[1]
}

const NO_PATTERN = "Give 'folder', or a regular expression with a group, e.g. '/(u[0-9]+)_[^/]*$'."

/** `--map`: `field=column,…`. A play needs its time, its artist and its track. */
export function csvMapping(text: string): CsvMapping {
  const mapping: CsvMapping = {}
  for (const pair of text.split(',')) {
    const [field, column] = [
      pair.slice(0, pair.indexOf('=')).trim(),
      pair.slice(pair.indexOf('=') + 1).trim(),
    ]
    if (!pair.includes('=') || column === '' || !isField(field))
      throw new InvalidArgumentError(`Give field=column,… of ${csvFields.join(', ')}.`)
    mapping[field] = column
  }
  const timed = (mapping.ended_at === undefined) !== (mapping.started_at === undefined)
  if (!timed || mapping.artist === undefined || mapping.track === undefined)
    throw new InvalidArgumentError('Give ended_at or started_at, artist and track.')
  return mapping
}

const isField = (text: string): text is CsvField => (csvFields as readonly string[]).includes(text)

/** `--time-zone`, by its IANA name. */
export function timeZone(text: string): IANAZone {
  const zone = IANAZone.create(text)
  if (!zone.isValid) throw new InvalidArgumentError('Give a zone by its name, e.g. Europe/Berlin or UTC.')
  return zone
}

/** `--delimiter`. Rows are told apart by bytes, so it is one. */
export function delimiter(text: string): string {
  const character = text === '\\t' ? '\t' : text
  if (!/^[ -~\t]$/.test(character) || character === '"')
    throw new InvalidArgumentError('Give one character of ASCII that is no quote, e.g. ; or \\t for a tab.')
  return character
}

/** Seconds, more than 0. */
export function seconds(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('Give seconds, more than 0.')
  return value
}
