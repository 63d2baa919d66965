// Made by `npm run schemas:types`: change imported-play.v1.avsc instead, and once it has shipped add a version.
import { eventSchema } from '../event-schema.ts'

/** An entry of the import ledger, keyed by listener and event id: this play has been produced, never again. */
export interface ImportedPlay {
  importId: string
  producedAt: number
}

export const importedPlayV1 = eventSchema<ImportedPlay>('imported-play.v1')
