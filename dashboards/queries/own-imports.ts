import { query } from './query.ts'

/** What an import has brought of one listener. Times are ms since 1970. */
export interface OwnImport {
  importId: string
  plays: number
  msPlayed: number
  firstPlayedAt: number
  lastPlayedAt: number
  /** When its first play came to Kafka, and its last. */
  begun: number
  ended: number
}

/** The newest two hundred imports of one listener, by pseudonym: for that listener alone. */
export const ownImports = query<{ listener: string }, OwnImport>('own-imports')
