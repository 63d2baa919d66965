import type { Admin } from 'kafkajs'
import { replayTopic } from '../../../schemas/dead-letter.ts'
import type { TopologyDescription } from '../describe.ts'
import { TopicError } from './ensure-topics.ts'
import { storesRemembered } from './orphans.ts'
import { groupOf } from './run-topology.ts'

/** What a topology has on Kafka of its own: all that is to go if it is to begin anew. */
export interface TopologyRemains {
  /** Undefined: it is left alone. */
  group: string | undefined
  /** Whether the group has committed any offsets. */
  hasOffsets: boolean
  /** Names of topics, as Kafka knows them. */
  changelogs: string[]
  /** Topics that it writes and reads again and that hold something, as Kafka knows them. */
  repartitioned: string[]
  /** Its replay topic, if that holds something: letters that it has been given back would come once more, and the records beside them. */
  replays: string[]
}

export interface Installation {
  topicPrefix: string
  applicationId: string
}

/** What there is of a topology. @throws TopicError while a process runs it. */
export async function remainsOf(
  admin: Admin,
  { name, inputs, repartitioned }: TopologyDescription,
  { topicPrefix, applicationId }: Installation,
): Promise<TopologyRemains> {
  const group = groupOf(applicationId, name)
  const { groups } = await admin.describeGroups([group])
  const members = groups[0]?.members.length ?? 0
  if (members > 0)
    throw new TopicError(
      `${name} is being run by ${members} ${members === 1 ? 'process' : 'processes'} of group ${group}: stop them before, and wait a ` +
        'few seconds after a kill',
    )
  const all = await admin.listTopics()
  const existing = [...inputs, ...repartitioned]
    .map((topic) => topicPrefix + topic)
    .filter((topic) => all.includes(topic))
  const offsets = existing.length === 0 ? [] : await admin.fetchOffsets({ groupId: group, topics: existing })
  return {
    group,
    hasOffsets: offsets.some(({ partitions }) => partitions.some(({ offset }) => BigInt(offset) >= 0n)),
    changelogs: storesRemembered(all, topicPrefix, name).map(({ changelog }) => changelog),
    repartitioned: await filledOf(
      admin,
      existing.filter((topic) => repartitioned.includes(topic.slice(topicPrefix.length))),
    ),
    replays: await filledOf(
      admin,
      all.filter((topic) => topic === topicPrefix + replayTopic(name).name),
    ),
  }
}

async function filledOf(admin: Admin, topics: readonly string[]): Promise<string[]> {
  const filled: string[] = []
  for (const topic of topics) {
    const ends = await admin.fetchTopicOffsets(topic)
    if (ends.some(({ low, high }) => BigInt(high) > BigInt(low))) filled.push(topic)
  }
  return filled
}

/** Of what there is, state of operators that the topology no longer has: only a version that was before would read it. */
export function orphansOf(
  { changelogs }: TopologyRemains,
  { stores }: TopologyDescription,
  { topicPrefix }: Installation,
): TopologyRemains {
  const used = new Set(stores.map(({ changelog }) => topicPrefix + changelog))
  const orphans = changelogs.filter((topic) => !used.has(topic))
  return { group: undefined, hasOffsets: false, changelogs: orphans, repartitioned: [], replays: [] }
}

/**
 * Deletes what there is of a topology. It may be cut off: until it has ended, and the changelogs have gone, which go last, the topology
 * refuses to start.
 */
export async function resetTopology(admin: Admin, remains: TopologyRemains): Promise<void> {
  const { group, changelogs, repartitioned, replays } = remains
  if (group !== undefined) await deleteGroups(admin, [group])
  await emptyTopics(admin, [...repartitioned, ...replays])
  if (changelogs.length > 0) await admin.deleteTopics({ topics: changelogs })
}

/** Deletes all records of topics that are there. */
export async function emptyTopics(admin: Admin, topics: readonly string[]): Promise<void> {
  for (const topic of topics) {
    // Once asked for a topic's offsets, kafkajs knows who leads its partitions, which it does not learn by itself.
    const ends = await admin.fetchTopicOffsets(topic)
    const partitions = ends.map(({ partition }) => ({ partition, offset: '-1' }))
    await admin.deleteTopicRecords({ topic, partitions })
  }
}

/** Deletes groups that have no members; one that never committed, or has been deleted, is none. */
export async function deleteGroups(admin: Admin, groups: string[]): Promise<void> {
  if (groups.length > 0) await admin.deleteGroups(groups).catch(ignoreMissing)
}

function ignoreMissing(error: unknown): void {
  const { groups = [] } = error as { groups?: { error?: { type?: string } }[] }
  if (groups.length > 0 && groups.every((each) => each.error?.type === 'GROUP_ID_NOT_FOUND')) return
  throw error
}
