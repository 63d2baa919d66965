/** What a reaction may be. */
const kinds = ['like', 'unlike', 'skip'] as const

/** `unlike` takes a `like` back; `skip` says that it was not wanted now. */
export type ReactionKind = (typeof kinds)[number]

export const isReactionKind = (kind: string): kind is ReactionKind =>
  (kinds as readonly string[]).includes(kind)
