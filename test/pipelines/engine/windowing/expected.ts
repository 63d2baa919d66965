import type { Windows } from '../../../../pipelines/engine/windows.ts'
import type { Emitted, Sending } from './folding.ts'
import { alignedOracle } from './oracle-aligned.ts'
import { sessionOracle } from './oracle-session.ts'
import { slidingOracle } from './oracle-sliding.ts'
import { type Oracle, type OracleWindow, latest } from './oracle.ts'

export function oracleOf(windows: Windows): Oracle {
  if (windows.kind === 'sliding') return slidingOracle(windows)
  return windows.kind === 'session' ? sessionOracle(windows) : alignedOracle(windows)
}

const folded = ({ start, end, rows }: OracleWindow) => ({
  start,
  end,
  count: rows.length,
  sum: rows.reduce((sum, { value }) => sum + value, 0),
  rows: rows.map(({ seq }) => seq),
})

const bytewise = (a: OracleWindow, b: OracleWindow) =>
  a.end - b.end || Buffer.compare(Buffer.from(a.key), Buffer.from(b.key))

/** What foldWindow is to emit, given the rows of one partition. */
export function expected(windows: Windows, sendings: readonly Sending[]): Emitted[] {
  const oracle = oracleOf(windows)
  const emitted: Emitted[] = []
  const emit = (after: number, output: 'open' | 'closed', window: OracleWindow) =>
    emitted.push({ after, key: window.key, time: latest(window.rows), output, value: folded(window) })
  let streamTime = -Infinity
  for (const row of sendings) {
    const { seq, key, time } = row
    if (time > streamTime) {
      streamTime = time
      for (const window of oracle.close(streamTime).sort(bytewise)) emit(seq, 'closed', window)
    }
    const { updated, refused } = oracle.take(row, streamTime)
    for (const window of updated) emit(seq, 'open', window)
    if (refused.length === 0) continue
    const lateByMs = Math.min(...refused.map((closedAt) => streamTime - closedAt))
    const value = { seq, streamTime, lateByMs, windows: refused.length }
    emitted.push({ after: seq, key, time, output: 'late', value })
  }
  return emitted
}
