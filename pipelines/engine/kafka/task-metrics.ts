import { Gauge, type Registry } from 'prom-client'
import type { TaskStatus, TopologyStatus } from './task-status.ts'

/** Something of which the tasks can be looked at. */
export interface Watched {
  status(): TopologyStatus
}

interface Figure {
  name: string
  help: string
  /** Undefined is not reported. */
  of(task: TaskStatus): number | undefined
}

const figures: Figure[] = [
  {
    name: 'continuo_stream_time_seconds',
    help: 'Lowest stream time of a task, seconds since 1970',
    of: ({ streamTime }) => (streamTime === undefined ? undefined : streamTime / 1_000),
  },
  {
    name: 'continuo_last_commit_time_seconds',
    help: 'When a task last committed in this process, seconds since 1970',
    of: ({ committedAt }) => (committedAt === undefined ? undefined : committedAt / 1_000),
  },
  {
    name: 'continuo_open_windows',
    help: 'Windows, or slices of them, that a task keeps open',
    of: ({ openWindows }) => openWindows,
  },
  {
    name: 'continuo_waiting_for_inputs',
    help: 'Empty inputs for which the others of a task wait',
    of: ({ waitsFor }) => waitsFor.length,
  },
  {
    name: 'continuo_held_back_seconds',
    help: 'How far the slowest task behind a repartition topic is behind the fastest, in the time of the events',
    of: ({ heldBackBy }) => (heldBackBy?.byMs === undefined ? undefined : heldBackBy.byMs / 1_000),
  },
  {
    name: 'continuo_restoring_tasks',
    help: '1 while a task is restored, 0 while it runs',
    of: ({ phase }) => (phase === 'restoring' ? 1 : 0),
  },
  {
    name: 'continuo_restored_records',
    help: 'Records of its changelogs that a task has read, while it is restored',
    of: ({ restored }) => restored?.records,
  },
  {
    name: 'continuo_records_to_restore',
    help: 'Records that its changelogs have, while a task is restored',
    of: ({ restored }) => restored?.of,
  },
]

/** Reports the tasks of whatever topologies are in the set that it answers, as they are when they are asked for. */
export function taskMetrics(registry: Registry): Set<Watched> {
  const watched = new Set<Watched>()
  for (const { name, help, of } of figures)
    new Gauge({
      name,
      help,
      labelNames: ['topology', 'partition'],
      registers: [registry],
      collect() {
        this.reset()
        for (const { topology, tasks } of [...watched].map((each) => each.status())) {
          for (const task of tasks) {
            const value = of(task)
            if (value !== undefined) this.set({ topology, partition: String(task.partition) }, value)
          }
        }
      },
    })
  return watched
}
