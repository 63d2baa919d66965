import { type DeadLetterKind, kindOf } from '../../schemas/dead-letter.ts'
import { columns, count } from '../status/text.ts'
import type { FoundLetter } from './letters.ts'

/** Letters that share where and why they were set aside. */
export interface LetterGroup {
  stage: string
  topic: string
  kind: DeadLetterKind
  reason: string
  /** Null in letters of before there were codes. */
  code: string | null
  waiting: number
  replayed: number
  /** When the first and the last of them were set aside, ms since 1970. */
  first: number
  last: number
  /** Of the newest, those that wait first. */
  samples: { id: string; summary: string; traceId: string | null }[]
}

/** Those of most letters first. */
export function groupsOf(letters: readonly FoundLetter[], samples: number): LetterGroup[] {
  const groups = Map.groupBy(letters, (letter) =>
    [letter.stage, letter.topic, kindOf(letter), letter.reason, letter.errorCode].join('\n'),
  )
  return [...groups.values()]
    .map((its) => groupOf(its, samples))
    .sort((one, other) => other.waiting + other.replayed - one.waiting - one.replayed)
}

function groupOf(its: readonly FoundLetter[], samples: number): LetterGroup {
  const { stage, topic, reason, errorCode: code } = its[0]!
  const times = its.map(({ setAsideAt }) => setAsideAt)
  const replayed = its.filter((letter) => letter.replayed).length
  const newest = its.toReversed().sort((one, other) => Number(one.replayed) - Number(other.replayed))
  return {
    stage,
    topic,
    kind: kindOf(its[0]!),
    reason,
    code,
    waiting: its.length - replayed,
    replayed,
    first: times.reduce((one, other) => Math.min(one, other)),
    last: times.reduce((one, other) => Math.max(one, other)),
    samples: newest.slice(0, samples).map(({ id, summary, traceId }) => ({ id, summary, traceId })),
  }
}

const time = (ms: number) => new Date(ms).toISOString().replace('T', ' ').slice(0, 19)

const HEAD = ['stage', 'topic', 'kind', 'reason', 'code', 'waiting', 'replayed', 'first', 'last']

/** Lines for a terminal; times in UTC. */
export function tableOf(groups: readonly LetterGroup[]): string[] {
  const rows = groups.map(({ stage, topic, kind, reason, code, waiting, replayed, first, last }) => [
    stage,
    topic,
    kind,
    reason,
    code ?? '',
    count(waiting),
    count(replayed),
    time(first),
    time(last),
  ])
  const samples = groups.flatMap((group) => group.samples.map(({ id, summary }) => `  ${id}  ${summary}`))
  return [...columns(HEAD, rows), ...(samples.length > 0 ? ['', ...samples] : [])]
}
