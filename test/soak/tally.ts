import { type Answers, type Channel, comparable, sizeOf } from './answers.ts'
import type { Case, Kind } from './cases.ts'
import type { Verdict } from './explain.ts'
import { type Edge, edges } from './models/edges.ts'

interface OfKind {
  streams: number
  rows: number
  /** Lines that Kafka Streams answered: updates, finals, pairs and refusals. */
  compared: number
  /** Lines that one of the two has and the other has not, all of them by a rule. */
  explained: number
  unexplained: number
}

/** Counts what came of the cases, by kind of operator and by the rules that explain differences. */
export class Tally {
  readonly #kinds = new Map<Kind, OfKind>()
  readonly #rules = new Map<string, { streams: number; lines: number }>()
  streams = 0

  add(each: Case, ours: Answers, theirs: Answers, verdict: Verdict): void {
    const { kind } = each.operator
    const sum = this.#kinds.get(kind) ?? { streams: 0, rows: 0, compared: 0, explained: 0, unexplained: 0 }
    this.#kinds.set(kind, sum)
    this.streams++
    sum.streams++
    sum.rows += each.rows.length
    sum.compared += sizeOf(comparable(each, theirs))
    if (verdict.kind === 'unexplained') sum.unexplained++
    if (verdict.kind !== 'explained') return
    const lines = sizeOf(onlyIn(each, ours, theirs)) + sizeOf(onlyIn(each, theirs, ours))
    sum.explained += lines
    const rule = verdict.by.join(' + ')
    const ofRule = this.#rules.get(rule) ?? { streams: 0, lines: 0 }
    this.#rules.set(rule, { streams: ofRule.streams + 1, lines: ofRule.lines + lines })
  }

  print(): void {
    console.table(Object.fromEntries(this.#kinds))
    console.log('What explains the differences: streams, and lines that only one of the two has.')
    const byStreams = [...this.#rules].sort(([, a], [, b]) => b.streams - a.streams)
    console.table(Object.fromEntries(byStreams))
    const named = new Set(byStreams.flatMap(([rule]) => rule.split(' + ')))
    for (const edge of Object.keys(edges) as Edge[])
      if (named.has(edge)) console.log(`  ${edge}: ${edges[edge]}`)
  }
}

/** Lines that the first has and the second has not. */
export function onlyIn(each: Case, first: Answers, second: Answers): Answers {
  const [one, two] = [comparable(each, first), comparable(each, second)]
  const missing = (channel: Channel) => one[channel].filter((line) => !two[channel].includes(line))
  return {
    update: missing('update'),
    final: missing('final'),
    pair: missing('pair'),
    dropped: missing('dropped'),
  }
}
