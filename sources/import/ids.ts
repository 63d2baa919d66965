import { createHash, createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Listen } from './listen.ts'

export const EVENT_ID_CHARACTERS = 32
/** What the ids of equal plays have in common, in characters of hexadecimal. */
const SHARED_CHARACTERS = 24

/** Of a play, without saying which of several equal ones it is. */
export type PlayIdOf = (listen: Listen) => string

/**
 * What a play is known by, derived from what exports agree on, so that it is the same in every one of them (see DECISIONS). Keyed: a
 * plain hash would confirm a guessed play. `firstKey` is that of the first epoch of pseudonyms: a later one changes no id.
 */
export function playIds(firstKey: Buffer, userId: string): PlayIdOf {
  const key: KeyObject = createSecretKey(firstKey)
  return (listen) =>
    createHmac('sha256', key).update(contentOf(listen, userId)).digest('hex').slice(0, EVENT_ID_CHARACTERS)
}

function contentOf({ identity, artistName, trackName, msPlayed }: Listen, userId: string): string {
  const content =
    identity.kind === 'spotify'
      ? ['spotify', userId, identity.endMinute, artistName, trackName, msPlayed]
      : ['scrobble', userId, identity.startSecond, normalised(artistName), normalised(trackName)]
  return `${JSON.stringify(content)}#0`
}

/** Equal plays are told apart by number, from 0. */
export const eventIdOf = (playId: string, number: number): string =>
  number === 0
    ? playId
    : playId.slice(0, SHARED_CHARACTERS) +
      number.toString(16).padStart(EVENT_ID_CHARACTERS - SHARED_CHARACTERS, '0')

/** Artists and tracks come again and again. */
const nameIds = new LRUCache<string, string>({ max: 20_000 })

/** Exports name artists and tracks without an id; the name is made one, so that all listeners' exports agree. */
export const artistIdOf = (artistName: string): string => nameId('artist', artistName)

export const trackIdOf = (artistName: string, trackName: string): string =>
  nameId('track', artistName, trackName)

function nameId(kind: string, ...names: string[]): string {
  const named = `${kind} ${names[0]!.length} ${names.join(' ')}`
  let id = nameIds.get(named)
  if (id === undefined) {
    const content = JSON.stringify([kind, ...names.map(normalised)])
    id = createHash('sha256').update(content).digest('hex').slice(0, 24)
    nameIds.set(named, id)
  }
  return id
}

/** The same for two spellings of a name that only differ in case, spacing or Unicode form. */
function normalised(name: string): string {
  return name.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase()
}
