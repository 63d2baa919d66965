import type { SlidingWindows } from '../../../../pipelines/engine/windows.ts'
import type { Sending } from './folding.ts'
import { type Oracle, type OracleWindow, latest } from './oracle.ts'

/**
 * KIP-450 with lists: all windows are there for ever, with their rows, and are searched anew for each row. `visible` is what
 * Kafka Streams' store still shows.
 */
export function slidingOracle({ differenceMs, graceMs }: SlidingWindows): Oracle {
  const windows: (OracleWindow & { rows: Sending[] })[] = []
  const closesAt = ({ end }: { end: number }) => end + graceMs
  const at = (key: string, start: number) => ({
    key,
    start,
    end: start + differenceMs,
    rows: [] as Sending[],
  })
  let closedBy = -Infinity
  let forgottenBy = Infinity

  function visible(key: string) {
    const latestStart = Math.min(Math.max(...windows.map(({ start }) => start)), forgottenBy)
    const oldest = latestStart - 2 * differenceMs - graceMs
    return windows.filter((each) => each.key === key && each.start > oldest).sort((a, b) => b.start - a.start)
  }

  return {
    take(row, streamTime, watermark = Infinity) {
      const { key, time } = row
      const updated: OracleWindow[] = []
      const refused: number[] = []
      const add = (window: OracleWindow & { rows: Sending[] }) => {
        if (closesAt(window) <= streamTime) {
          refused.push(closesAt(window))
          return
        }
        window.rows.push(row)
        // The window behind the previous row can be the one that ends with this: made twice, the second counts.
        const same = windows.findIndex((each) => each.key === key && each.start === window.start)
        windows.splice(same < 0 ? windows.length : same, 1, window)
        updated.push({ ...window, rows: [...window.rows] })
      }
      const behind = at(key, time + 1)
      if (closesAt(behind) <= streamTime) return { updated: [], refused: [closesAt(behind)] }

      const seen = visible(key)
      forgottenBy = watermark // for the next one
      const around = seen.filter(({ start, end }) => start <= time && time <= end)
      const around0 = around.find(({ end }) => end > time)
      const rowsBehind = around0 !== undefined && latest(around0.rows) > time ? [...around0.rows] : []
      const ending = around.find(({ end }) => end === time)
      const endingAt = ending === undefined ? undefined : latest(ending.rows)
      const before = seen.find(({ start, end }) => end < time && start >= time - 2 * differenceMs)
      for (const window of around) add(window)
      if (endingAt === time) return { updated, refused }

      const previous = before === undefined ? endingAt : latest(before.rows)
      if (previous !== undefined && previous + 1 + differenceMs >= time)
        if (!seen.some(({ start }) => start === previous + 1)) add(at(key, previous + 1))
      if (ending === undefined) {
        const own = at(key, time - differenceMs)
        if (before !== undefined && latest(before.rows) >= own.start) own.rows = [...before.rows]
        add(own)
      }
      if (rowsBehind.length > 0 && !seen.some(({ start }) => start === time + 1)) {
        windows.push({ ...behind, rows: rowsBehind })
        updated.push({ ...behind, rows: [...rowsBehind] })
      }
      return { updated, refused }
    },
    close(streamTime) {
      const due = windows.filter((each) => closesAt(each) > closedBy && closesAt(each) <= streamTime)
      closedBy = streamTime
      return due.map((each) => ({ ...each, rows: [...each.rows] }))
    },
  }
}
