import type { ReactionKind } from '../../../schemas/reactions.ts'

/**
 * What the listener has said of artists since the page was opened: the newest word on each holds, from the moment it is
 * said until it is taken back.
 */
export function opinions() {
  /** By artist, oldest first. */
  const words = new Map<string, { kind: ReactionKind }[]>()
  const on = (artistId: string) => words.get(artistId) ?? []

  return {
    /** Returns what takes this word back: what was said before it, or has been said since, holds then. */
    say(artistId: string, kind: ReactionKind): () => void {
      const word = { kind }
      words.set(artistId, [...on(artistId), word])
      return function takeBack() {
        words.set(
          artistId,
          on(artistId).filter((other) => other !== word),
        )
      }
    },

    of: (artistId: string): ReactionKind | undefined => on(artistId).at(-1)?.kind,
  }
}
