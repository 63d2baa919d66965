import type { TaskStatus } from '../../pipelines/engine/kafka/task-status.ts'
import type { Reach } from '../versions/versions.ts'
import { type FoundReport, SILENT_MS } from './report.ts'

/** What Kafka itself knows of a topology. */
export interface TopologyInKafka {
  topology: string
  /** Those of its topics that are missing. */
  missing: string[]
  /** Records that its group has not committed, by partition index. */
  lag: ReadonlyMap<number, number>
  /** How many processes are in its group. */
  members: number
  /** Whether the group is dividing the partitions among them anew. */
  dividing: boolean
  /** What is known of a version that is being made. */
  making?: MadeBy
}

export interface MadeBy {
  from: Reach
  /** Plays of its history that have not been written to its topic, from which it reads them afterwards. */
  unwritten: number
}

/** What a task is at. `silent`: the process that had it says nothing any more; `unowned`: nobody has it; `stopped`: by itself,
 * since too many records would have been set aside. */
export type Doing = 'running' | 'catching up' | 'stuck' | 'stopped' | 'restoring' | 'silent' | 'unowned'

export interface TaskSituation {
  partition: number
  doing: Doing
  lag: number
  /** `host:pid` */
  process?: string
  /** How long ago that said something, ms. */
  heardMs?: number
  /** Over the last few seconds; undefined until there have been some. */
  rowsPerSecond?: number
  /** What it said. */
  status?: TaskStatus
}

export interface TopologySituation extends Omit<TopologyInKafka, 'lag'> {
  tasks: TaskSituation[]
}

/** How fast it was before a pause of so long says nothing of now, ms. */
const PAUSE_MS = 2_500
/** What a silent process said is forgotten after this, ms. */
const FORGOTTEN_MS = 60_000
/** A task is behind if it has more to do than this, and than it does in two seconds. */
const BEHIND_RECORDS = 1_000
/** One that has something to do and has committed nothing for so long is stuck, ms: longer than a rebalance takes. */
const STUCK_MS = 20_000

/** All that there is to say of a task, from one process. */
interface Told {
  process: string
  heardMs: number
  status: TaskStatus
  stopped: boolean
  rowsPerSecond: number | undefined
}

/**
 * Puts together what Kafka knows and what processes tell.
 * @param reports of each process the last few, in order
 * @param now ms since 1970
 */
export function situationOf(
  inKafka: TopologyInKafka,
  reports: readonly (readonly FoundReport[])[],
  now: number,
): TopologySituation {
  const { lag, ...known } = inKafka
  const told = reports.flatMap((of) => toldBy(of, inKafka.topology, now))
  const tasks = [...lag].map(([partition, behind]): TaskSituation => {
    const one = latest(told.filter(({ status }) => status.partition === partition))
    if (one === undefined) return { partition, doing: 'unowned', lag: behind }
    const { rowsPerSecond, stopped: _, ...rest } = one
    const doing = doingOf(one, behind, now)
    return { partition, doing, lag: behind, ...rest, ...(rowsPerSecond !== undefined && { rowsPerSecond }) }
  })
  return { ...known, tasks: tasks.sort((one, other) => one.partition - other.partition) }
}

function toldBy(reports: readonly FoundReport[], topology: string, now: number): Told[] {
  const last = reports.at(-1)
  if (last === undefined || now - last.at > FORGOTTEN_MS) return []
  const heardMs = Math.max(0, now - last.at)
  return tasksIn(last, topology).map((status) => ({
    process: last.process,
    heardMs,
    status,
    stopped: last.topologies.some((each) => each.topology === topology && each.stopped === true),
    rowsPerSecond: heardMs > PAUSE_MS ? undefined : rateOf(reports, topology, status.partition),
  }))
}

const tasksIn = ({ topologies }: FoundReport, topology: string) =>
  topologies.filter((each) => each.topology === topology).flatMap(({ tasks }) => tasks)

/** By how much a figure of a task has grown a second, from the first of these reports since which it has run without interruption to the last. */
export function rateOf(
  reports: readonly FoundReport[],
  topology: string,
  partition: number,
  figure: 'rows' | 'position' = 'rows',
): number | undefined {
  const counts: { rows: number; at: number }[] = []
  for (const report of reports) {
    const task = tasksIn(report, topology).find((each) => each.partition === partition)
    const [rows, before] = [task?.[figure], counts.at(-1)]
    const goesOn = before !== undefined && rows !== undefined && rows >= before.rows
    if (!goesOn || task?.phase !== 'running' || report.at - before.at > PAUSE_MS) counts.length = 0
    if (task?.phase === 'running' && rows !== undefined) counts.push({ rows, at: report.at })
  }
  const [first, last] = [counts[0], counts.at(-1)]
  if (first === undefined || last === undefined || last.at <= first.at) return undefined
  return ((last.rows - first.rows) * 1_000) / (last.at - first.at)
}

/** Of those who say that they have a task: who has said it now; of several the one that is taking it over. */
function latest(told: readonly Told[]): Told | undefined {
  const rank = ({ heardMs, status }: Told) =>
    heardMs > SILENT_MS ? heardMs : status.phase === 'restoring' ? -1 : 0
  return [...told].sort((one, other) => rank(one) - rank(other))[0]
}

function doingOf({ heardMs, status, stopped, rowsPerSecond = 0 }: Told, lag: number, now: number): Doing {
  if (heardMs > SILENT_MS) return 'silent'
  if (stopped) return 'stopped'
  if (status.phase === 'restoring') return 'restoring'
  if (lag > 0 && rowsPerSecond === 0 && now - (status.committedAt ?? status.since) > STUCK_MS) return 'stuck'
  return lag > Math.max(BEHIND_RECORDS, 2 * rowsPerSecond) ? 'catching up' : 'running'
}
