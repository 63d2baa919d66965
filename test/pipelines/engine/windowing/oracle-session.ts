import type { SessionWindows } from '../../../../pipelines/engine/windows.ts'
import type { Sending } from './folding.ts'
import { type Oracle, type OracleWindow, latest } from './oracle.ts'

/** Rows as sessions: sorted by time, and cut where more than the gap is between two. */
function sessionsOf(rows: readonly Sending[], gapMs: number): Sending[][] {
  const sessions: Sending[][] = []
  for (const row of rows.toSorted((a, b) => a.time - b.time)) {
    const last = sessions.at(-1)
    if (last !== undefined && row.time - latest(last) <= gapMs) last.push(row)
    else sessions.push([row])
  }
  return sessions
}

/** In the order of arrival: in which order sessions were joined does not show. */
export function sessionOracle({ gapMs, graceMs }: SessionWindows): Oracle {
  /** Rows that are in no closed session. */
  let live: Sending[] = []
  const closesAt = (rows: readonly Sending[]) => latest(rows) + gapMs + graceMs

  return {
    take(row, streamTime) {
      const ofKey = [...live.filter(({ key }) => key === row.key), row]
      const session = sessionsOf(ofKey, gapMs).find((rows) => rows.includes(row))!
      if (closesAt(session) <= streamTime) return { updated: [], refused: [closesAt(session)] }
      live.push(row)
      return { updated: [], refused: [] }
    },
    close(streamTime) {
      const closed: OracleWindow[] = []
      for (const key of new Set(live.map((row) => row.key))) {
        const ofKey = live.filter((row) => row.key === key)
        for (const session of sessionsOf(ofKey, gapMs)) {
          if (closesAt(session) > streamTime) continue
          live = live.filter((row) => !session.includes(row))
          const rows = session.toSorted((a, b) => a.seq - b.seq)
          closed.push({ key, start: session[0]!.time, end: latest(session), rows })
        }
      }
      return closed
    },
  }
}
