import { type Answers, noAnswers } from '../answers.ts'
import type { Case, Operator } from '../cases.ts'
import { Closing, type ModelWindow, added, printed } from './closing.ts'
import type { Edges } from './edges.ts'

export type Session = Extract<Operator, { kind: 'session' }>

/**
 * Sessions: a row joins all that it is at most the gap away from. One is closed, and forgotten, when stream time is its end,
 * the gap and the grace; a row that would only make such a one is refused.
 */
export function sessionModel({ operator, rows }: Case<Session>, edges: Edges): Answers {
  const { gap, grace } = operator
  const answers = noAnswers()
  const closing = new Closing()
  let sessions: ModelWindow[] = []
  let streamTime = -Infinity
  for (const [seq, { key, time, value }] of rows.entries()) {
    const closedBefore = streamTime - gap - grace
    streamTime = Math.max(streamTime, time)
    const closed = streamTime - gap - grace
    const emitDue = () => {
      for (const window of closing.due(closed)) answers.final.push(`${seq} ${printed(window)}`)
    }
    // There a row whose own time closes a session may still join it.
    const forgotten = edges.has('closing-equal') ? closedBefore : closed
    const open = sessions.filter((each) => each.end > forgotten)
    const joined = open.filter(
      (each) => each.key === key && each.start <= time + gap && each.end >= time - gap,
    )
    const start = Math.min(time, ...joined.map((each) => each.start))
    const end = Math.max(time, ...joined.map((each) => each.end))
    const isRefused = edges.has('closing-equal') ? end < closed : end <= closed
    if (isRefused) {
      answers.dropped.push(`${seq} 1`)
    } else {
      const count = joined.reduce((total, each) => total + each.count, 0)
      const sum = joined.reduce((total, each) => total + each.sum, 0)
      const session = added({ key, start, end, count, sum, time: end }, time, value ?? 0)
      for (const each of joined) closing.remove(each)
      closing.put(session)
      sessions = [...open.filter((each) => !joined.includes(each)), session]
      // Closed already, so its store does not take it: it counts as refused, too.
      if (end <= closed) answers.dropped.push(`${seq} 1`)
    }
    emitDue()
  }
  return answers
}
