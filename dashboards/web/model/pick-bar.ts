/** A bar of a chart over time: start in ms since 1970; plays null where not known. */
export interface Bar {
  start: number
  plays: number | null
}

/** Which of the bars 0 … `last` a key picks: undefined for none, 'other' for a key that is not for the chart. */
export function pickBar(key: string, picked: number | undefined, last: number): number | undefined | 'other' {
  switch (key) {
    case 'ArrowLeft':
      return Math.max(0, (picked ?? last) - 1)
    case 'ArrowRight':
      return Math.min(last, (picked ?? last) + 1)
    case 'Home':
      return 0
    case 'End':
      return last
    case 'Escape':
      return undefined
    default:
      return 'other'
  }
}
