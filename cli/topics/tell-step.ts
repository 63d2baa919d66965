import type { TopicStep } from '../../pipelines/engine/kafka/plan-topics.ts'

/** A step of a plan as a line: what comes in, what changes, what cannot be. */
export function tellStep(step: TopicStep): string {
  if (step.kind === 'create') {
    const { topic, partitions, config } = step.spec
    const settings = Object.entries(config).map(([name, value]) => `, ${setting(name, value)}`)
    return `+ create ${topic}: ${partitions} ${partitions === 1 ? 'partition' : 'partitions'}${settings.join('')}`
  }
  if (step.kind === 'set') {
    const { topic, name, from, to } = step
    return `~ set    ${topic}: ${setting(name, to)}, now ${from === undefined ? "the broker's" : humanised(name, from)}`
  }
  const { topic, partitions } = step
  return (
    `! cannot ${topic}: it has ${partitions.found} partitions, not ${partitions.wanted}, and keys would move to others, away from their ` +
    'state: set PARTITIONS to what it was made with, or begin anew under another TOPIC_PREFIX and APPLICATION_ID'
  )
}

const setting = (name: string, value: string) => `${name} ${humanised(name, value)}`

const UNITS: readonly (readonly [string, number])[] = [
  ['days', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
]

/** `retention.ms 86400000 (24 h)`: nobody reads milliseconds. */
export function humanised(name: string, value: string): string {
  const ms = Number(value)
  if (!name.endsWith('.ms') || !(ms > 0)) return value
  const [unit, length] = UNITS.find(([, each]) => ms >= 2 * each && ms % each === 0) ?? ['ms', 1]
  return `${value} (${(ms / length).toLocaleString('en')} ${unit})`
}
