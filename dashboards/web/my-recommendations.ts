import type { Centrifuge } from 'centrifuge'
import { type RecommendationsUpdate, ownChannels } from '../../schemas/channels.ts'
import type { ReactionKind } from '../../schemas/reactions.ts'
import type { Refusal } from './model/not-taken-text.ts'
import { isRecommendationsUpdate } from './model/recommendations.ts'

/** A list, as feedback names it. */
type ListName = Pick<RecommendationsUpdate, 'recommendationId'>

export interface MyRecommendations {
  /** Resolves when the gateway has taken it, or to why it has not. */
  react(artistId: string, kind: ReactionKind): Promise<Refusal | undefined>
  /** What does not arrive of these two is missed, and nobody need know. */
  shown(list: ListName, artistIds: string[]): void
  clicked(list: ListName, artistId: string, rank: number): void
}

/**
 * Follows the lists of the listener whose token the client has, and tells what the listener thinks of them. The channel
 * has a subscription of its own: what goes wrong with it stays there, and the client tries again by itself. There is none while the
 * page is not to be seen.
 */
export function followMyRecommendations(
  client: Centrifuge,
  listed: (list: RecommendationsUpdate) => void,
): MyRecommendations {
  const subscription = client.newSubscription(ownChannels.recommendations, {
    recoverable: true,
    positioned: true,
  })
  subscription.on('publication', ({ data }) => {
    if (isRecommendationsUpdate(data)) listed(data)
  })
  // Whoever is subscribed has the list on the screen, and needs no push.
  const follow = (): void => {
    if (document.visibilityState === 'visible') subscription.subscribe()
    else subscription.unsubscribe()
  }
  document.addEventListener('visibilitychange', follow)
  follow()

  const feedback = ({ recommendationId }: ListName, told: object): void => {
    client.rpc('feedback', { recommendationId, surface: 'page', ...told }).catch(() => undefined)
  }
  return {
    react: (artistId, kind) =>
      client.rpc('reaction', { artistId, kind }).then(
        () => undefined,
        (refusal: unknown) => refusal as Refusal,
      ),
    shown: (list, artistIds) => feedback(list, { event: 'shown', artistIds }),
    clicked: (list, artistId, rank) => feedback(list, { event: 'clicked', artistId, rank }),
  }
}
