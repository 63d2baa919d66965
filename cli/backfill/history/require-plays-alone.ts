import type { TopologyDescription } from '../../../pipelines/engine/index.ts'
import { topics } from '../../../schemas/topics.ts'
import { BackfillError } from '../errors.ts'

/** @throws BackfillError for a topology that reads anything of which there is no history */
export function requirePlaysAlone({ name, inputs }: Pick<TopologyDescription, 'name' | 'inputs'>): void {
  if (inputs.length === 1 && inputs[0] === topics.playsClean.name) return
  throw new BackfillError(
    `${name} reads ${inputs.join(', ')}, but all history there is only of ${topics.playsClean.name}, in ClickHouse: take what the topics have ` +
      `kept, by \`continuo backfill ${name} --from kept\``,
  )
}
