import { clockTime, counted } from './format.ts'

/** What the reader should know about the way the figures come in. */
export type Connection =
  | { kind: 'connecting'; trouble?: string }
  | { kind: 'live' }
  | { kind: 'lost'; since: number }
  | { kind: 'refused'; reason: string }

/** How a lost connection came back. `missed` is undefined where nobody can say how many. */
export type Resumption =
  | { recovered: true; replayed: number; awayMs: number }
  | { recovered: false; missed: number | undefined; awayMs: number }

export function connectionLabel(connection: Connection): string {
  switch (connection.kind) {
    case 'connecting':
      return 'Connecting'
    case 'live':
      return 'Live'
    case 'lost':
      return 'Reconnecting'
    case 'refused':
      return 'Not connected'
  }
}

/** The sentence beside the label; empty where there is nothing to add. */
export function connectionDetail(connection: Connection): string {
  switch (connection.kind) {
    case 'connecting':
      return connection.trouble ?? ''
    case 'live':
      return ''
    case 'lost':
      return `Connection lost at ${clockTime(connection.since)}. The figures are from then; reconnecting by itself.`
    case 'refused':
      return connection.reason
  }
}

/** What is said once when the connection is back. */
export function resumptionText(resumption: Resumption): string {
  const away = awayText(resumption.awayMs)
  if (resumption.recovered) {
    if (resumption.replayed === 0) return `Resumed after ${away}: no update was missed.`
    return `Resumed after ${away}: ${counted(resumption.replayed, 'missed update')} replayed, none lost.`
  }
  const missed =
    resumption.missed === undefined ? 'updates in between' : counted(resumption.missed, 'missed update')
  return `Resumed from now after ${away}: ${missed} not recovered. List and history were read anew.`
}

/** In whole seconds, as nobody minds less. */
function awayText(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000))
  return seconds < 100 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
}
