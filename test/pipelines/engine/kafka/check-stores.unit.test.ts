import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Kafka } from 'kafkajs'
import pino from 'pino'
import { StateError } from '../../../../pipelines/engine/index.ts'
import { checkStores } from '../../../../pipelines/engine/kafka/check-stores.ts'
import { kindOf, storesRemembered } from '../../../../pipelines/engine/kafka/orphans.ts'
import type { Task } from '../../../../pipelines/engine/task.ts'

/** Topics, and how many records each has. */
const kafkaWith = (topics: Record<string, number>) =>
  ({
    admin: () => ({
      connect: () => Promise.resolve(),
      disconnect: () => Promise.resolve(),
      listTopics: () => Promise.resolve(Object.keys(topics)),
      fetchTopicOffsets: (topic: string) =>
        Promise.resolve([{ partition: 0, low: '0', high: String(topics[topic]) }]),
    }),
  }) as unknown as Kafka

/** Checks a topology `t` with these stores; answers what the log was told. */
async function check(stores: string[], topics: Record<string, number>): Promise<string[]> {
  const told: string[] = []
  const log = pino(
    {},
    { write: (line: string) => void told.push((JSON.parse(line) as { changelog: string }).changelog) },
  )
  const task = { topology: 't', stores: new Map(stores.map((store) => [store, {}])) } as unknown as Task
  await checkStores(task, { kafka: kafkaWith(topics), topicPrefix: 'x.', log })
  return told
}

test('the same stores, a store more, nothing at all: nobody has anything to say', async () => {
  assert.deepEqual(await check(['fold-window-1'], { 'x.t-fold-window-1-changelog': 5 }), [])
  assert.deepEqual(
    await check(['fold-window-1', 'fold-1'], { 'x.t-fold-window-1-changelog': 5, 'x.t-fold-1-changelog': 0 }),
    [],
  )
  assert.deepEqual(await check([], {}), [])
})

test('an operator that has another name is refused, with both names, the changelog and the ways out', async () => {
  const topics = { 'x.t-fold-window-1-changelog': 5, 'x.t-fold-window-plays-changelog': 0 }
  await assert.rejects(check(['fold-window-plays'], topics), (error) => {
    assert.ok(error instanceof StateError)
    assert.match(
      error.message,
      /^x\.t-fold-window-1-changelog remembers fold-window-1, which t no longer has, while fold-window-plays would begin empty/,
    )
    assert.match(
      error.message,
      /give it back the old one; .*`continuo reset t --orphans`.*`continuo reset t` begins anew/,
    )
    return true
  })
})

test('an operator that has gone is told in the log, and so is one whose like has state of its own', async () => {
  const gone = { 'x.t-fold-window-1-changelog': 5, 'x.t-fold-1-changelog': 0 }
  assert.deepEqual(await check(['fold-1'], gone), ['x.t-fold-window-1-changelog'])
  const both = { 'x.t-fold-window-1-changelog': 5, 'x.t-fold-window-2-changelog': 5 }
  assert.deepEqual(await check(['fold-window-2'], both), ['x.t-fold-window-1-changelog'])
})

test('changelogs of other topologies, under other prefixes, and other topics are none of ours', () => {
  const topics = [
    'x.t-fold-1-changelog',
    'y.t-fold-1-changelog',
    'x.tt-fold-1-changelog',
    'x.t-two-fold-1-changelog',
    'x.t-fold',
  ]
  assert.deepEqual(storesRemembered(topics, 'x.', 't'), [
    { changelog: 'x.t-fold-1-changelog', store: 'fold-1' },
  ])
  assert.deepEqual(['fold-window-1', 'fold-x', 'stream-time', 'folding'].map(kindOf), [
    'fold-window',
    'fold',
    'stream-time',
    undefined,
  ])
})
