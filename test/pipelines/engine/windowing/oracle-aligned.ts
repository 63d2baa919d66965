import type { HoppingWindows, TumblingWindows } from '../../../../pipelines/engine/windows.ts'
import type { Sending } from './folding.ts'
import type { Oracle, OracleWindow } from './oracle.ts'

const divides = (a: number, b: number) => b % a === 0
/** The longest span that no window cuts: the order of merging shows in the order of rows. */
const sliceOf = ({ sizeMs, advanceMs }: TumblingWindows | HoppingWindows) => {
  for (let slice = advanceMs; ; slice--) if (divides(slice, sizeMs) && divides(slice, advanceMs)) return slice
}

export function alignedOracle(windows: TumblingWindows | HoppingWindows): Oracle {
  const { sizeMs, advanceMs, graceMs } = windows
  const slice = sliceOf(windows)
  const taken: { start: number; row: Sending }[] = []
  const closesAt = (start: number) => start + sizeMs + graceMs
  let closedBy = -Infinity

  function windowOf(key: string, start: number): OracleWindow {
    const rows = taken.filter((each) => each.start === start && each.row.key === key).map(({ row }) => row)
    // A sort keeps the order of arrival within a slice.
    rows.sort((a, b) => Math.floor(a.time / slice) - Math.floor(b.time / slice))
    return { key, start, end: start + sizeMs, rows }
  }

  return {
    take(row, streamTime) {
      const starts: number[] = []
      for (let start = row.time - sizeMs + 1; start <= row.time; start++)
        if (divides(advanceMs, start)) starts.push(start)
      const open = starts.filter((start) => closesAt(start) > streamTime)
      taken.push(...open.map((start) => ({ start, row })))
      return {
        updated: open.map((start) => windowOf(row.key, start)),
        refused: starts.filter((start) => !open.includes(start)).map(closesAt),
      }
    },
    close(streamTime) {
      const due = taken.filter(({ start }) => closesAt(start) > closedBy && closesAt(start) <= streamTime)
      closedBy = streamTime
      const distinct = new Map(due.map(({ start, row: { key } }) => [`${start} ${key}`, { start, key }]))
      return [...distinct.values()].map(({ start, key }) => windowOf(key, start))
    },
  }
}
