import { readFileSync, globSync } from 'node:fs'
import { join } from 'node:path'
import { disconnects, errors } from '../../gateway/live/protocol/codes.ts'
import { topologies } from '../../pipelines/topologies/index.ts'
import { channels, ownChannels } from '../../schemas/channels.ts'
import { replayTopic } from '../../schemas/dead-letter.ts'
import type { PushOutcomeKind } from '../../schemas/push-outcomes.ts'
import { topics } from '../../schemas/topics.ts'
import type { Family } from './metrics-page.ts'

const root = join(import.meta.dirname, '../..')
const code = globSync('{schemas,sources,pipelines,sinks,gateway,dashboards}/**/*.ts', { cwd: root })
  .map((path) => readFileSync(join(root, path), 'utf8'))
  .join('\n')
/** What stands in quotes in our code, or names something there. */
const literals = new Set([...code.matchAll(/'([a-z][a-z0-9_-]*)'/g)].map(([, literal]) => literal!))
const names = new Set(code.match(/\b[a-z][a-zA-Z]*\b/g))

const sinks = ['clickhouse', 'redis', 'redis-lists']
const stages = [...Object.keys(topologies), ...sinks.map((sink) => `${sink}-sink`)]
const topicNames = [
  ...Object.values(topics).map(({ name }) => name),
  ...stages.map((stage) => replayTopic(stage).name),
]
const codes = [...Object.values(disconnects), ...Object.values(errors)].map(({ code: each }) => String(each))

const ofPushes: Record<PushOutcomeKind, true> = {
  attempted: true,
  accepted: true,
  deferred: true,
  failed: true,
  pruned: true,
  dropped: true,
  clicked: true,
}

const oneOf = (values: Iterable<string>) => {
  const all = new Set(values)
  return (value: string) => all.has(value)
}
const like = (pattern: RegExp) => (value: string) => pattern.test(value)

/** What a value of each label may be, as `docs/metrics.md` says it. */
const allowed = (role: string, topicPrefix: string): Record<string, (value: string) => boolean> => ({
  breaker: like(/^(feedback|token_keys|limit_[a-z]+)$/),
  channel: oneOf([...Object.values(channels), ...Object.values(ownChannels)]),
  code: oneOf(codes),
  kind: oneOf(['play', 'duplicate', 'malformed']),
  le: like(/^(\d+(\.\d+)?|\+Inf)$/),
  limit: oneOf(['connects', 'commands', 'publishes', 'sockets_per_address', 'sockets']),
  method: (value) => names.has(value),
  outcome: oneOf(['drop', 'dead_letter', 'let_through', 'refused', ...Object.keys(ofPushes)]),
  partition: like(/^\d{1,4}$/),
  reason: (value) => value === '' || (/^[a-z][a-z0-9_]*$/.test(value) && literals.has(value)),
  recovered: oneOf(['true', 'false']),
  role: oneOf([role]),
  route: like(/^(none|\/|\/api\/[a-z-]+|\/[a-z]+\.(html|js|css|svg)(\.map)?)$/),
  sink: oneOf(sinks),
  stage: oneOf(stages),
  status: like(/^[2345]\d\d$/),
  step: (value) => names.has(value),
  topic: oneOf(topicNames.map((name) => topicPrefix + name)),
  topology: oneOf(Object.keys(topologies)),
})

/** Labels of our metrics whose values do not come from the lists that they are to come from: `metric{label="value"}`. */
export function looseLabels(
  page: Iterable<Family>,
  { role, topicPrefix }: { role: string; topicPrefix: string },
): string[] {
  const may = allowed(role, topicPrefix)
  const ours = [...page].filter(({ name }) => name.startsWith('continuo_'))
  return ours.flatMap(({ samples }) =>
    samples.flatMap(({ name, labels }) =>
      [...labels]
        .filter(([label, value]) => may[label]?.(value) !== true)
        .map(([label, value]) => `${name}{${label}="${value}"}`),
    ),
  )
}
