import type { TaskSituation, TopologySituation } from './situation.ts'
import { remarksOn } from './remarks.ts'
import { columns, count, counted, duration, moment } from './text.ts'

const HEAD = [
  'task',
  'is',
  'lag',
  'rows/s',
  'stream time',
  'held back by',
  'open windows',
  'last commit',
  'process',
]

/** Topologies as lines for a terminal: of each a heading, a line for each task, and what there is to say about that. */
export function statusTable(situations: readonly TopologySituation[], now: number): string[] {
  return situations.flatMap((each, index) => [
    ...(index > 0 ? [''] : []),
    headingOf(each),
    ...(each.tasks.some(isKnown)
      ? columns(
          HEAD,
          each.tasks.map((task) => cells(task, now)),
        )
      : []
    ).map((line) => `  ${line}`),
    ...remarksOn(each, now).map((remark) => `  → ${remark}`),
  ])
}

/** Tasks are always some commits apart. */
const WORTH_A_WORD_MS = 1_000

const isKnown = ({ process }: TaskSituation) => process !== undefined

function headingOf({ topology, missing, members, tasks }: TopologySituation): string {
  if (missing.length > 0) return topology
  const lag = tasks.reduce((sum, task) => sum + task.lag, 0)
  const parts = [counted(tasks.length, 'task'), counted(members, 'process', 'processes'), `lag ${count(lag)}`]
  return [topology, ...parts].join(' · ')
}

function cells(task: TaskSituation, now: number): string[] {
  const { partition, lag, process = '', rowsPerSecond, status } = task
  const tells = status?.phase === 'running'
  return [
    String(partition),
    wordsFor(task),
    count(lag),
    rowsPerSecond === undefined ? '' : count(rowsPerSecond),
    status?.streamTime === undefined ? '' : moment(status.streamTime, now),
    heldBackBy(task),
    tells && status.openWindows > 0 ? count(status.openWindows) : '',
    status?.committedAt === undefined ? '' : `${duration(now - status.committedAt)} ago`,
    process,
  ]
}

function wordsFor({ doing, heardMs = 0, status }: TaskSituation): string {
  if (doing === 'silent') return `silent for ${duration(heardMs)}`
  const { restored } = status ?? {}
  return doing === 'restoring' && restored !== undefined ? `restoring ${percent(restored)}` : doing
}

export const percent = ({ records, of }: { records: number; of: number }) =>
  `${Math.floor((100 * records) / of)} %`

function heldBackBy({ status }: TaskSituation): string {
  if (status === undefined) return ''
  if (status.waitsFor.length > 0) return status.waitsFor.join(', ')
  const { task, byMs } = status.heldBackBy ?? {}
  if (task === undefined) return ''
  if (byMs === undefined) return `task ${task}`
  return byMs < WORTH_A_WORD_MS ? '' : `task ${task} by ${duration(byMs)}`
}
