import type { Pseudonyms } from './pseudonym.ts'
import type { Topic } from './topic.ts'
import { topics } from './topics.ts'

/** What a field has: a pseudonym of that kind, or (`of-listener`) an id that begins with its listener's. */
export type Mark = 'listener' | 'session' | 'context' | 'of-listener'

/** A topic with pseudonyms in it. */
export interface PseudonymousTopic {
  topic: Topic<unknown>
  /** Whether keys begin with the pseudonym of a listener. */
  keyed: boolean
  fields: Readonly<Record<string, Mark>>
}

const marked = <V>(
  topic: Topic<V>,
  fields: Readonly<Partial<Record<keyof V & string, Mark>>>,
  keyed = true,
): PseudonymousTopic => ({ topic, keyed, fields: fields as Record<string, Mark> })

const play = { listener: 'listener', session: 'session', contextId: 'context' } as const
const reaction = { listener: 'listener', session: 'session' } as const
const list = { listener: 'listener', recommendationId: 'of-listener' } as const

/**
 * Every topic that has pseudonyms, and where: what `continuo privacy rekey` brings into a new epoch, and with it the columns of the same names of the tables
 * that these topics feed. A test names what has been forgotten.
 */
export const pseudonymous: readonly PseudonymousTopic[] = [
  marked(topics.playsClean, play),
  marked(topics.duplicatePlays, play),
  marked(topics.playsByArtist, play, false),
  marked(topics.reactionsClean, reaction),
  marked(topics.duplicateReactions, reaction),
  marked(topics.preferencesClean, { listener: 'listener' }),
  marked(topics.duplicatePreferences, { listener: 'listener' }),
  marked(topics.recommendations, list),
  marked(topics.notifications, { ...list, notificationId: 'of-listener' }),
  marked(topics.recommendationsShown, list),
  marked(topics.recommendationsClicked, list),
  marked(topics.pushSubscriptions, { listener: 'listener' }),
  marked(topics.pushOutcomes, { listener: 'listener', notificationId: 'of-listener' }),
  marked(topics.erasureRequests, { listener: 'listener' }),
  marked(topics.importedPlays, {}),
]

/** What separates a pseudonym from what comes behind it in keys and ids; none has it in itself. */
const SEPARATOR = /[.:]/

/** A key or an id that begins with the pseudonym of a listener, in the new epoch. */
export function renamedId(text: string, { listener }: Pick<Pseudonyms, 'listener'>): string {
  const at = text.search(SEPARATOR)
  return at === -1 ? listener(text) : listener(text.slice(0, at)) + text.slice(at)
}

type Fields = Readonly<Record<string, unknown>>

/** A value with the pseudonyms of the new epoch; `names` maps those of the old one. */
export function renamed<V extends object>(
  value: V,
  fields: PseudonymousTopic['fields'],
  names: Pseudonyms,
): V {
  const changed: Record<string, string> = {}
  const { listener, contextKind } = value as Fields
  for (const [field, mark] of Object.entries(fields)) {
    const text = (value as Fields)[field]
    if (typeof text !== 'string') continue
    if (mark === 'of-listener') {
      // Clients tell such ids: of another listener, or of none, they say nothing.
      if (text.startsWith(`${String(listener)}.`)) changed[field] = renamedId(text, names)
    } else if (mark === 'context') {
      if (contextKind !== 'album') changed[field] = names.context(text)
    } else changed[field] = names[mark](text)
  }
  return { ...value, ...changed }
}
