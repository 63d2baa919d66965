import { createHash, createHmac } from 'node:crypto'
import type { ListenedRow } from './spotify.ts'

/**
 * An event id for each row, derived from its content, so that the same row has the same id in every import. Equal rows of one
 * import are plays of their own and are told apart by number. Keyed: a plain hash would confirm a guessed play.
 */
export function eventIds(key: Buffer, userId: string, rows: readonly ListenedRow[]): string[] {
  const equalBefore = new Map<string, number>()
  return rows.map(({ endTime, artistName, trackName, msPlayed }) => {
    const content = JSON.stringify(['spotify', userId, endTime, artistName, trackName, msPlayed])
    const number = equalBefore.get(content) ?? 0
    equalBefore.set(content, number + 1)
    return createHmac('sha256', key).update(`${content}#${number}`).digest('hex').slice(0, 32)
  })
}

/** Exports name artists and tracks without an id; the name is made one, so that all listeners' exports agree. */
export const artistIdOf = (artistName: string): string => nameId('artist', artistName)

export const trackIdOf = (artistName: string, trackName: string): string =>
  nameId('track', artistName, trackName)

function nameId(kind: string, ...names: string[]): string {
  const content = JSON.stringify([kind, ...names.map(normalised)])
  return createHash('sha256').update(content).digest('hex').slice(0, 24)
}

/** The same for two spellings of a name that only differ in case, spacing or Unicode form. */
function normalised(name: string): string {
  return name.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase()
}
