import type { Task } from '../task.ts'
import { TopicError } from './ensure-topics.ts'

/**
 * Rows meet in a sub-graph only if those of one key are in one partition of each of its inputs: equally many partitions do
 * not make it so, what they are spread by does.
 * @throws TopicError for inputs of one sub-graph that are spread by different things
 */
export function requireCoPartitioned(task: Task): void {
  for (const [first, ...others] of task.inputGroups) {
    const other = others.find(({ partitioning }) => partitioning !== first!.partitioning)
    if (other === undefined) continue
    throw new TopicError(
      `${task.topology} brings ${first!.name} and ${other.name} together, of which the one is spread by ` +
        `${first!.partitioning} and the other by ${other.partitioning}: bring one of them through a topic that is spread as the ` +
        'other, with keyBy(); or, if they are spread alike, say so by the same word in schemas/topics.ts',
    )
  }
}
