import { type Observable, filter } from 'rxjs'
import type { Notification, Recommendation } from '../../schemas/events.ts'
import { topics } from '../../schemas/topics.ts'
import {
  type Row,
  type Topology,
  fold,
  foldWindow,
  mapAsync,
  merge,
  step,
  topology,
  tumbling,
  write,
} from '../engine/index.ts'
import { heardInInterval, heardLate, listenerTastes } from '../model/listener/folds.ts'
import { type ServedModel, recommend } from '../model/listener/recommend.ts'
import type { Rules } from '../model/listener/rules.ts'
import { tasteOfPlay, tasteOfPreference, tasteOfReaction } from '../model/listener/taste-events.ts'
import type { TasteEvent } from '../model/listener/tastes.ts'
import { type WorthTellingOptions, worthTelling } from '../model/listener/worth-telling.ts'

export interface RecommendationsOptions {
  served: ServedModel
  rules: Rules
  /** A listener has one new list in so many ms at most. */
  everyMs: number
  /** What is worth a notification. */
  notify: WorthTellingOptions
}

const asRead = { partition: 'as-read' } as const
/** Lists that are made at a time, so that their scores are computed together. */
const AT_A_TIME = 64

/** What each listener is recommended, of the events that tell of their tastes. */
export const lists =
  ({ served, rules, everyMs }: Omit<RecommendationsOptions, 'notify'>) =>
  <By extends string>(events: Observable<Row<TasteEvent, By>>): Observable<Row<Recommendation, By>> =>
    events.pipe(
      foldWindow({
        windows: tumbling(everyMs, { grace: 0 }),
        fold: heardInInterval,
        late: heardLate,
        emit: 'on-close',
      }),
      fold(listenerTastes, { name: 'tastes' }),
      filter(({ value }) => value.tell),
      mapAsync(recommend(served, rules), { concurrency: AT_A_TIME }),
    )

/** What of the lists is worth telling a listener who is not looking. */
const notifications =
  (options: WorthTellingOptions) =>
  <By extends string>(made: Observable<Row<Recommendation, By>>): Observable<Row<Notification, By>> =>
    made.pipe(
      fold(worthTelling(options), { name: 'told' }),
      filter((row): row is Row<Notification, By> => row.value !== null),
    )

/**
 * What each listener is recommended, anew whenever their tastes have changed.
 * Kafka `plays-clean`, `reactions-clean`, `preferences-clean` -> `recommendations`, `notifications`.
 *
 * Time is when an event reached Kafka: whoever imports years of plays gets one list of them, and not one for each.
 */
export function recommendations(options: RecommendationsOptions): Topology {
  const time = ({ receivedAt }: { receivedAt: number }) => receivedAt
  return topology('recommendations', ({ read }) => {
    const made = merge(
      read(topics.playsClean, { time }).pipe(step(tasteOfPlay)),
      read(topics.reactionsClean, { time }).pipe(step(tasteOfReaction)),
      read(topics.preferencesClean, { time }).pipe(step(tasteOfPreference)),
    ).pipe(lists(options))
    made.pipe(write(topics.recommendations, asRead))
    made.pipe(notifications(options.notify), write(topics.notifications, asRead))
  })
}
