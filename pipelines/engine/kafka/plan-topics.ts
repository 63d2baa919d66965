import type { Admin } from 'kafkajs'
import { type TopicSpec, configEntries, countsOf, createTopics } from './ensure-topics.ts'

/** A topic as it is. */
export interface ExistingTopic {
  partitions: number
  /** Settings that are the topic's own, and not the broker's. */
  config: Readonly<Record<string, string>>
}

/** What is to be done with a topic, or cannot be. */
export type TopicStep =
  | { kind: 'create'; spec: TopicSpec }
  | { kind: 'set'; topic: string; name: string; from: string | undefined; to: string }
  | { kind: 'refuse'; topic: string; partitions: { found: number; wanted: number } }

/**
 * What makes the topics that there are into those that are wanted. Settings of which `wanted` says nothing are left alone; partitions
 * are never added, for keys would move from one to another, away from their state.
 */
export function planTopics(
  wanted: readonly TopicSpec[],
  existing: ReadonlyMap<string, ExistingTopic>,
): TopicStep[] {
  return wanted.flatMap((spec): TopicStep[] => {
    const { topic, partitions, config } = spec
    const found = existing.get(topic)
    if (found === undefined) return [{ kind: 'create', spec }]
    const counts = { found: found.partitions, wanted: partitions }
    return [
      ...(found.partitions === partitions ? [] : [{ kind: 'refuse', topic, partitions: counts } as const]),
      ...Object.entries(config).flatMap(([name, to]): TopicStep[] => {
        const from = found.config[name]
        return isSame(name, from, to) ? [] : [{ kind: 'set', topic, name, from, to }]
      }),
    ]
  })
}

/** Of a list like `compact,delete` the order means nothing. */
const isSame = (name: string, from: string | undefined, to: string) =>
  name === 'cleanup.policy' ? sorted(from ?? 'delete') === sorted(to) : from === to

const sorted = (list: string) => list.split(',').sort().join()

const TOPIC_RESOURCE = 2
/** Where a setting comes from: from the topic itself. */
const OF_THE_TOPIC = 1

/** Of these topics those that exist, by name. */
export async function existingTopics(
  admin: Admin,
  names: readonly string[],
): Promise<Map<string, ExistingTopic>> {
  const all = new Set(await admin.listTopics())
  const found = names.filter((name) => all.has(name))
  if (found.length === 0) return new Map()
  const counts = await countsOf(admin, found)
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: found.map((name) => ({ type: TOPIC_RESOURCE, name })),
  })
  return new Map(
    resources.map(({ resourceName, configEntries }) => {
      const own = configEntries.filter(({ configSource }) => (configSource as number) === OF_THE_TOPIC)
      const config = Object.fromEntries(own.map(({ configName, configValue }) => [configName, configValue]))
      return [resourceName, { partitions: counts.get(resourceName) ?? 0, config }]
    }),
  )
}

/** Does what a plan says, refusals left out. */
export async function applyTopics(
  admin: Admin,
  steps: readonly TopicStep[],
  existing: ReadonlyMap<string, ExistingTopic>,
  replicationFactor: number,
): Promise<void> {
  const specs = steps.flatMap((step) => (step.kind === 'create' ? [step.spec] : []))
  await createTopics(admin, specs, replicationFactor)
  const settings = Map.groupBy(
    steps.filter((step) => step.kind === 'set'),
    ({ topic }) => topic,
  )
  if (settings.size === 0) return
  const configs = [...settings].map(([topic, sets]) => {
    const changes = Object.fromEntries(sets.map(({ name, to }) => [name, to]))
    return [topic, { ...existing.get(topic)?.config, ...changes }] as const
  })
  await setConfigs(admin, new Map(configs))
}

/** Sets all that topics have of their own: what is left out falls back to the broker's. */
export async function setConfigs(
  admin: Admin,
  configs: ReadonlyMap<string, Readonly<Record<string, string>>>,
): Promise<void> {
  await admin.alterConfigs({
    validateOnly: false,
    resources: [...configs].map(([name, config]) => ({
      type: TOPIC_RESOURCE,
      name,
      configEntries: configEntries(config),
    })),
  })
}
