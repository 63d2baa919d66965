import type { Recommendation } from '../../../schemas/events.ts'
import { type AsyncStep, drop, ok } from '../../engine/index.ts'
import type { Model } from '../serve/model.ts'
import type { ListenerTastes } from './folds.ts'
import { makeList } from './make-list.ts'
import type { Rules } from './rules.ts'

/** Which model is in service at this moment. */
export interface ServedModel {
  /** None has ever been promoted: undefined. */
  current(): Model | undefined
}

/** Makes a listener's list: of one model, whichever is in service when it is begun. */
export function recommend(served: ServedModel, rules: Rules): AsyncStep<ListenerTastes, Recommendation> {
  return async function recommend({ listener, tastes }) {
    const model = served.current()
    if (model === undefined) return drop('no_model')
    const items = await makeList(tastes, model, rules)
    if (items.length === 0) return drop('nothing_to_recommend')
    return ok({
      recommendationId: `${listener}.${tastes.asOf}`,
      listener,
      modelVersion: model.version,
      country: tastes.country,
      items,
      madeAt: tastes.asOf,
      receivedAt: tastes.asOf,
    })
  }
}
