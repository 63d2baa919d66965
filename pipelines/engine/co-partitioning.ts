import type { Topic } from '../../schemas/topic.ts'
import { TopologyError } from './errors.ts'

/**
 * Rows meet in a sub-graph only if those of one key are in one partition of each of its inputs: equally many partitions do
 * not make it so, what they are spread by does. Types say so where they know the topics; this looks at the topics themselves.
 * @throws TopologyError for inputs of one sub-graph that are spread by different words, or of which one is spread by nothing
 */
export function requireCoPartitioned(topology: string, meeting: readonly Topic<unknown>[]): void {
  const [first, ...others] = meeting
  const unspread = meeting.find(({ partitioning }) => partitioning === 'none')
  if (unspread !== undefined && others.length > 0)
    throw new TopologyError(
      `${topology} brings ${meeting.map(({ name }) => name).join(', ')} together, of which ${unspread.name} is spread by ` +
        'nothing: lead it through a topic that is spread as the others before, with keyBy()',
    )
  const other = others.find(({ partitioning }) => partitioning !== first!.partitioning)
  if (other === undefined) return
  throw new TopologyError(
    `${topology} brings ${first!.name} and ${other.name} together, of which the one is spread by ` +
      `${first!.partitioning} and the other by ${other.partitioning}: bring one of them through a topic that is spread as the ` +
      'other, with keyBy(); or, if they are spread alike, say so by the same word in their topic()',
  )
}
