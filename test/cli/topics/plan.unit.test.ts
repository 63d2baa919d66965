import assert from 'node:assert/strict'
import { test } from 'node:test'
import { neededTopics } from '../../../cli/topics/needed-topics.ts'
import { tellStep } from '../../../cli/topics/tell-step.ts'
import type { TopicSpec } from '../../../pipelines/engine/index.ts'
import { type ExistingTopic, planTopics } from '../../../pipelines/engine/kafka/plan-topics.ts'

const spec = (topic: string, config: Record<string, string> = {}): TopicSpec => ({
  topic,
  partitions: 2,
  config,
})
const plan = (wanted: TopicSpec[], existing: Record<string, ExistingTopic>) =>
  planTopics(wanted, new Map(Object.entries(existing))).map(tellStep)

test('what is missing is created, with partitions and settings', () => {
  assert.deepEqual(plan([spec('a', { 'retention.ms': '86400000' }), { ...spec('b'), partitions: 1 }], {}), [
    '+ create a: 2 partitions, retention.ms 86400000 (24 h)',
    '+ create b: 1 partition',
  ])
})

test('a setting that differs is set; one that nobody names, or in another order, is left', () => {
  const config = { 'retention.ms': '172800000', 'cleanup.policy': 'compact,delete' }
  const own = { 'cleanup.policy': 'delete,compact', 'max.message.bytes': '9' }
  assert.deepEqual(plan([spec('a', config)], { a: { partitions: 2, config: own } }), [
    "~ set    a: retention.ms 172800000 (2 days), now the broker's",
  ])
  assert.deepEqual(
    plan([spec('a', config)], { a: { partitions: 2, config: { ...own, 'retention.ms': '1' } } }),
    ['~ set    a: retention.ms 172800000 (2 days), now 1 (1 ms)'],
  )
  assert.deepEqual(
    plan([spec('a', { 'cleanup.policy': 'delete' })], { a: { partitions: 2, config: {} } }),
    [],
  )
})

test('another number of partitions cannot be mended', () => {
  assert.match(
    plan([spec('a')], { a: { partitions: 3, config: {} } })[0] ?? '',
    /^! cannot a: it has 3 partitions, not 2, and keys would move/,
  )
})

test('a topology needs what it reads and writes, a changelog for each store, and what it is given back by', () => {
  const needed = neededTopics('anonymise', { TOPIC_PREFIX: 'x.', PARTITIONS: 4, DEDUPLICATION_HOURS: 2 })
  assert.deepEqual(
    needed.map(({ topic, partitions }) => `${topic} ${partitions}`),
    [
      'x.plays 4',
      'x.reactions 4',
      'x.preferences 4',
      'x.dead-letters 1',
      'x.plays-clean 4',
      'x.duplicate-plays 4',
      'x.reactions-clean 4',
      'x.duplicate-reactions 4',
      'x.preferences-clean 4',
      'x.duplicate-preferences 4',
      'x.anonymise-deduplicate-1-changelog 4',
      'x.anonymise-deduplicate-reactions-changelog 4',
      'x.anonymise-deduplicate-preferences-changelog 4',
      'x.anonymise-replay 4',
    ],
  )
  assert.equal(needed.at(-2)?.config['retention.ms'], '7200000')
})
