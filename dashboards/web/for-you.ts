import type { Centrifuge } from 'centrifuge'
import type { RecommendationsUpdate } from '../../schemas/channels.ts'
import type { ReactionKind } from '../../schemas/reactions.ts'
import { watchInView } from './in-view.ts'
import { type ForYouRow, forYouRows } from './model/for-you-rows.ts'
import { notTakenText } from './model/not-taken-text.ts'
import { opinions } from './model/opinions.ts'
import { shownOnce } from './model/shown-once.ts'
import { followMyRecommendations } from './my-recommendations.ts'
import { saidHere } from './said-here.ts'
import { forYouPanel } from './views/for-you.ts'

export interface ForYouOptions {
  client: Centrifuge
  /** Whom the gateway knows the reader as, once it does. */
  listener: Promise<string>
  /** The server's clock. */
  now(): number
  /** Something that the listener asked for was not done; the message says what and why. */
  failed(message: string): void
}

/** The listener's own panel: the newest list, as what they have said of artists leaves it. */
export function startForYou({ client, listener, now, failed }: ForYouOptions): void {
  const said = opinions()
  const kept = listener.then(saidHere)
  let list: RecommendationsUpdate | undefined
  let before: RecommendationsUpdate | undefined
  let chosen = new Set<string>()

  const rows = (): ForYouRow[] => (list ? forYouRows(list.items, before?.items, said.of) : [])
  const show = (): void => panel.show(rows())
  const showAge = (): void => panel.made(list, now())

  const mine = followMyRecommendations(client, (next) => {
    if (next.recommendationId !== list?.recommendationId) chosen = new Set()
    before = list
    list = next
    show()
    showAge()
    shown.list(next.recommendationId)
  })
  const shown = shownOnce(() => {
    if (list)
      mine.shown(
        list,
        rows().map(({ artistId }) => artistId),
      )
  })

  const react = async ({ artistId, artistName }: ForYouRow, kind: ReactionKind): Promise<void> => {
    const takeBack = said.say(artistId, kind)
    show()
    const refusal = await mine.react(artistId, kind)
    if (refusal === undefined) {
      const { keep } = await kept
      keep(artistId, kind)
      return
    }
    takeBack()
    show()
    failed(notTakenText(kind, artistName, refusal))
  }
  const panel = forYouPanel({
    reacted: (row, kind) => void react(row, kind),
    // Who is chosen again has been chosen from this list already.
    chosen({ artistId, rank }) {
      if (!list || chosen.has(artistId)) return
      chosen.add(artistId)
      mine.clicked(list, artistId, rank)
    },
  })
  void kept.then(({ words }) => {
    for (const [artistId, kind] of words()) said.say(artistId, kind)
    show()
  })
  watchInView(panel.element, shown.inView)
  setInterval(showAge, 1000)
}
