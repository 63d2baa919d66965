import { query } from './query.ts'

/** What became of the lists of one model version. */
export interface ClickThroughRow {
  modelVersion: string
  listsShown: number
  artistsShown: number
  clicks: number
  /** The part of the lists shown that was clicked, 0 to 1. */
  clickThrough: number
  /** How many different listeners had them on a screen. */
  listeners: number
  /** How many of them had one that was clicked. */
  clickedBy: number
  /** How many of them had one that was not. */
  leftBy: number
}

/** Click-through by model version in [`from`, `to`): the newest twenty versions, newest first. */
export const clickThrough = query<{ from: Date; to: Date }, ClickThroughRow>('click-through')
