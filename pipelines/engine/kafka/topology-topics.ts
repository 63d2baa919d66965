import type { Kafka } from 'kafkajs'
import { replayTopic } from '../../../schemas/dead-letter.ts'
import { changelogOf } from '../changelog-of.ts'
import type { Task } from '../task.ts'
import { withAdmin } from './admin.ts'
import { DELETIONS_KEPT_MS } from './local-state/identity.ts'
import type { InputNames } from './input-names.ts'
import { TopicError, type TopicSpec, ensureTopics, partitionCounts } from './ensure-topics.ts'

export interface TopologyTopicsOptions {
  kafka: Kafka
  topicPrefix: string
  inputNames: InputNames
  replicationFactor: number
}

/**
 * Makes the changelogs of a topology, of which `task` is any task, and its replay topic, and answers what it reads, as Kafka knows it, and how many partitions each has.
 * @throws TopicError unless its inputs and outputs exist, and the inputs have equally many partitions: task i reads partition i
 * of each.
 */
export async function ensureTopologyTopics(
  task: Task,
  { kafka, topicPrefix, inputNames, replicationFactor }: TopologyTopicsOptions,
): Promise<{ inputs: string[]; partitions: number }> {
  const inputs = task.inputs.map(({ name }) => inputNames.inKafka(name))
  const outputs = task.outputs.map(({ name }) => topicPrefix + name)
  const topics = [...new Set([...inputs, ...outputs])]
  const counts = await withAdmin(kafka, (admin) => partitionCounts(admin, topics))
  const [partitions = 0, ...others] = new Set(inputs.map((name) => counts.get(name)))
  if (others.length > 0) {
    const found = inputs.map((name) => `${name} has ${counts.get(name)}`).join(', ')
    throw new TopicError(
      `The topics of ${task.topology} must have equally many partitions, but ${found}: make them anew with one count, ` +
        'or bring one through a topic that has it, by a topology of its own',
    )
  }
  const changelogs = [...task.stores].map(([store, { retention }]) => ({
    topic: topicPrefix + changelogOf(task.topology, store),
    partitions,
    config: changelogConfig(retention?.retentionMs),
  }))
  const replays = {
    ...replaySpec(task.topology, partitions),
    topic: inputNames.inKafka(replayTopic(task.topology).name),
  }
  await ensureTopics(kafka, [...changelogs, replays], replicationFactor)
  return { inputs: [...inputs, replays.topic], partitions }
}

/** The topic of a stage, without prefix, in which letters are given back to it. */
export const replaySpec = (stage: string, partitions: number): TopicSpec => {
  const { name, config } = replayTopic(stage)
  return { topic: name, partitions, config }
}

/** Settings of the changelog of a store that keeps its entries so long, ms; undefined: for ever. */
export const changelogConfig = (retentionMs: number | undefined): TopicSpec['config'] => ({
  'delete.retention.ms': String(DELETIONS_KEPT_MS),
  ...(retentionMs === undefined
    ? { 'cleanup.policy': 'compact' }
    : { 'cleanup.policy': 'compact,delete', 'retention.ms': String(retentionMs) }),
})
