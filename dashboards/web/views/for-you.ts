import type { RecommendationsUpdate } from '../../../schemas/channels.ts'
import { ageText, shortVersion } from '../model/freshness-text.ts'
import type { ForYouRow } from '../model/for-you-rows.ts'
import { element, setText } from './element.ts'
import { type PickHandlers, createPick } from './pick.ts'
import { movingRows } from './moving-rows.ts'

/** The panel of the listener's recommendations: a ranked list, and how fresh it is. */
export function forYouPanel(on: PickHandlers) {
  const age = element('for-you-age', HTMLElement)
  const version = element('for-you-version', HTMLElement)
  const show = movingRows<ForYouRow>(element('for-you-list', HTMLOListElement), {
    keyOf: ({ artistId }) => artistId,
    create: (row) => createPick(row, on),
  })

  return {
    element: element('for-you', HTMLElement),
    show,

    /** When the list was made and by which model; nothing where there is no list. */
    made(list: RecommendationsUpdate | undefined, now: number): void {
      if (!list) return
      setText(version, `by model ${shortVersion(list.modelVersion)},`)
      version.title = list.modelVersion
      setText(age, ageText(list.madeAt, now))
    },
  }
}
