import type { StageHealth, StageState } from '../../dashboards/server/endpoints/pipeline.ts'
import { REPORTS_KEPT, type FoundReport } from '../status/report.ts'
import { type Doing, type TopologySituation, rateOf, situationOf } from '../status/situation.ts'
import type { MemberInKafka } from '../status/look.ts'
import type { StageMember } from './members.ts'

/** What else Kafka knows of what a stage reads. */
export interface Flow {
  /** Records that came a second, over the last minute. */
  inPerSecond: number
  inLastHour: number
  /** Since when its oldest record waits that it has not done with, ms since 1970; undefined where none does. */
  waitingSince: number | undefined
}

/** What processes have said. */
export interface Said {
  /** Of each process those of the last minute, in order. */
  reports: readonly (readonly FoundReport[])[]
  /** Up to which moment they were read, ms since 1970: one that has said something just before is not silent, however long the rest of a look has taken. */
  until: number
}

/** What is told of a stage. */
export function stageHealth(
  member: StageMember,
  inKafka: MemberInKafka,
  flow: Flow,
  { reports, until }: Said,
  now: number,
): StageHealth {
  const newest = reports.map((of) => of.slice(-REPORTS_KEPT))
  const situation = situationOf(inKafka, newest, until)
  const { tasks } = situation
  // What a silent process has said, or done, is over.
  const heard = tasks.filter(({ doing }) => doing !== 'silent')
  const statuses = heard.flatMap(({ status }) => status ?? [])
  const rates = heard.flatMap(
    ({ partition, process }) => outRate(reports, member.name, partition, process) ?? [],
  )
  const restored = statuses.flatMap((each) => each.restored ?? [])
  return {
    stage: member.name,
    kind: member.kind,
    topology: member.topology,
    version: member.version,
    state: stateOf(situation),
    processes: situation.members,
    tasks: tasks.length,
    lagRecords: sum(tasks.map(({ lag }) => lag)),
    lagMs: flow.waitingSince === undefined ? 0 : Math.max(0, Math.round(now - flow.waitingSince)),
    inPerSecond: flow.inPerSecond,
    outPerSecond: rates.length === 0 ? null : sum(rates),
    inLastHour: flow.inLastHour,
    streamTime: least(statuses.flatMap(({ streamTime }) => streamTime ?? [])),
    committedAt: most(statuses.flatMap(({ committedAt }) => committedAt ?? [])),
    restored: share(sum(restored.map(({ records }) => records)), sum(restored.map(({ of }) => of))),
  }
}

/** What comes first is what an operator has to know first. */
const states: readonly (readonly [Doing, StageState])[] = [
  ['stopped', 'stopped'],
  ['silent', 'silent'],
  ['restoring', 'restoring'],
  ['stuck', 'stuck'],
]

function stateOf({ missing, members, dividing, tasks }: TopologySituation): StageState {
  if (missing.length > 0) return 'topics_missing'
  const some = (what: Doing) => tasks.some(({ doing }) => doing === what)
  if (members === 0 && tasks.every(({ doing }) => doing === 'unowned')) return 'nobody_runs_it'
  const [, worst] = states.find(([doing]) => some(doing)) ?? []
  if (worst !== undefined) return worst
  if (dividing) return 'dividing'
  if (some('unowned')) return 'starting'
  return some('catching up') ? 'catching_up' : 'running'
}

function outRate(
  reports: readonly (readonly FoundReport[])[],
  stage: string,
  partition: number,
  process: string | undefined,
): number | undefined {
  const its = reports.find((of) => of.at(-1)?.process === process)
  return its && rateOf(its, stage, partition, 'position')
}

const sum = (numbers: readonly number[]) => numbers.reduce((one, other) => one + other, 0)
const least = (numbers: readonly number[]) => (numbers.length === 0 ? null : Math.min(...numbers))
const most = (numbers: readonly number[]) => (numbers.length === 0 ? null : Math.max(...numbers))
const share = (part: number, of: number) => (of === 0 ? null : Math.min(1, part / of))
