import { nodesBefore } from '../graph.ts'
import type { Task } from '../task.ts'
import type { Lag } from '../upstreams.ts'

/** What a process tells of one of its tasks: figures and names of topics, nothing of anybody. */
export interface TaskStatus {
  /** The partition index that it is. */
  partition: number
  /** While it is restored it does nothing else. */
  phase: 'restoring' | 'running'
  /** Records of its changelogs that have been read, of how many; undefined until that is known, and when it is done. */
  restored?: { records: number; of: number }
  /** The lowest stream time of those parts of it that go by one, ms since 1970. */
  streamTime?: number
  /** Topics of inputs that are empty and may have more, for which its other inputs wait. */
  waitsFor: string[]
  /**
   * The task whose rows come through a repartition topic and that has come least far, by its partition index, and how far behind the
   * one that has come farthest, ms; undefined while nothing has been heard of it. Windows cannot close before.
   */
  heldBackBy?: { task: number; byMs?: number }
  openWindows: number
  /** When this process last committed for it, ms since 1970. */
  committedAt?: number
  /** When this process began with it, ms since 1970. */
  since: number
  /** Records that this process has committed of it. */
  rows: number
  /** The offsets at which it stands in its inputs, added up; undefined until this process has committed something of it. */
  position?: number
}

/** What a process tells of a topology, or whatever else it runs as a member of a group. */
export interface TopologyStatus {
  /** Or a sink, or the push stage: what its group is called behind the id of the application. */
  topology: string
  tasks: TaskStatus[]
  /** It has stopped by itself, since too many records would have been set aside. */
  stopped?: true
}

/** What can be seen of a task itself. */
export function figuresOf(task: Task): Pick<TaskStatus, 'streamTime' | 'heldBackBy' | 'openWindows'> {
  const nodes = [...nodesBefore(task.ends)]
  const openWindows = nodes.reduce((sum, node) => sum + (node.openWindows?.() ?? 0), 0)
  const watched = nodes.map(({ subGraph }) => subGraph).filter(({ isWatched }) => isWatched)
  if (watched.length === 0) return { openWindows }
  const { time, heldBackBy } = watched.reduce((one, other) => (other.time < one.time ? other : one))
  return {
    openWindows,
    ...(Number.isFinite(time) && { streamTime: time }),
    ...(heldBackBy !== undefined && { heldBackBy: lagAsJson(heldBackBy) }),
  }
}

/** JSON has no infinite numbers. */
const lagAsJson = ({ upstream, byMs }: Lag) => ({
  task: upstream,
  ...(Number.isFinite(byMs) && { byMs }),
})
