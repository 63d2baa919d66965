import type { ReactionKind } from '../../schemas/reactions.ts'
import { fieldsOf } from './model/shape.ts'
import { keepIn } from './storage.ts'

const tab = keepIn(() => sessionStorage)

/** What the gateway has taken of what a listener has said in this tab, the newest word on each artist: a reload does not forget it. */
export function saidHere(listener: string) {
  const key = `said by ${listener}`
  const words = fieldsOf(JSON.parse(tab.get(key) ?? '{}')) as Record<string, ReactionKind>
  return {
    words: (): [artistId: string, kind: ReactionKind][] => Object.entries(words),
    keep(artistId: string, kind: ReactionKind): void {
      words[artistId] = kind
      tab.set(key, JSON.stringify(words))
    },
  }
}
