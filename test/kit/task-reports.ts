import type { FoundReport } from '../../cli/status/report.ts'
import type { TaskStatus } from '../../pipelines/engine/kafka/task-status.ts'
import { at } from './builders.ts'

/** When somebody looks. */
export const now = at('12:10:00')

/** A task that runs, and has committed a moment ago, but for what is known otherwise. */
export const task = (partition: number, known: Partial<TaskStatus> = {}): TaskStatus => ({
  partition,
  phase: 'running',
  waitsFor: [],
  openWindows: 0,
  rows: 0,
  since: at('12:00:00'),
  committedAt: now - 200,
  ...known,
})

/** What a process told of `totals`, so many ms ago. */
export const report = (process: string, agoMs: number, ...tasks: TaskStatus[]): FoundReport => ({
  application: 'continuo',
  process,
  at: now - agoMs,
  topologies: [{ topology: 'totals', tasks }],
})
