import type { ReactionKind } from '../../../schemas/reactions.ts'

/** Why a call was in vain: the gateway's word, or below 100 the client's own. */
export interface Refusal {
  code: number
  message: string
  /** The gateway thinks that it will do later. */
  temporary?: boolean
}

/** What the listener reads when a reaction was not taken. */
export function notTakenText(kind: ReactionKind, artistName: string, refusal: Refusal): string {
  return `${outcome(kind, artistName)}: ${causeOf(refusal)}`
}

function outcome(kind: ReactionKind, artistName: string): string {
  switch (kind) {
    case 'like':
      return `Your like of ${artistName} was not kept`
    case 'unlike':
      return `Your like of ${artistName} still stands`
    case 'skip':
      return `${artistName} was not skipped`
  }
}

/** Why a call was in vain, as the end of a sentence. */
export function causeOf({ code, message, temporary }: Refusal): string {
  if (code < 100) return 'the gateway did not answer. Try again.'
  if (temporary) return 'that is not possible right now. Try again in a moment.'
  return `the gateway refused it (${message}, ${code}).`
}
