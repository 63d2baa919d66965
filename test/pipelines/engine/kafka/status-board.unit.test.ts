import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Registry } from 'prom-client'
import { Inbox } from '../../../../pipelines/engine/kafka/inbox.ts'
import { StatusBoard } from '../../../../pipelines/engine/kafka/status-board.ts'
import { taskMetrics } from '../../../../pipelines/engine/kafka/task-metrics.ts'
import { Task } from '../../../../pipelines/engine/task.ts'
import { driverDeadLetterKey } from '../../../../pipelines/engine/testing/drive.ts'
import { listeningTotals } from '../../../../pipelines/topologies/listening-totals.ts'
import { topics } from '../../../../schemas/topics.ts'
import { at, play } from '../../../kit/builders.ts'
import { codecFor } from '../../../schemas/codec-for.ts'
import { recordsIn } from '../../../kit/outgoing.ts'

const codec = await codecFor(...Object.values(topics))
const { playsClean, playsByArtist } = topics
const partition = 1
const idle = { waitsFor: [], openWindows: 0, rows: 0 }

/** Task 1 of two. */
function task() {
  const made = new Task({
    topology: listeningTotals,
    partition,
    partitions: 2,
    codec,
    deadLetterKey: driverDeadLetterKey,
  })
  const inbox = new Inbox({
    groups: made.inputGroups.map((group) => group.map(({ name }) => name)),
    timeOf: () => 0,
    maxIdleMs: 1_000,
  })
  return {
    task: made,
    inbox,
    positions: new Map([
      [playsClean.name, 7n],
      [playsByArtist.name, 4n],
    ]),
  }
}

/** A play at 12:00:20 goes through the task and its repartition topic; nothing comes of the other one. */
function playThrough({ task: made }: { task: Task }) {
  const timestamp = at('12:00:20')
  const about = { partition, offset: 0n, timestamp, key: null }
  const value = codec.encode(playsClean, play({ playedAt: '12:00:20' }))
  made.process(playsClean.name, { ...about, topic: playsClean.name, value, headers: {} })
  for (const { topic, key, value: bytes, headers = {} } of recordsIn(made.takeOutgoing()))
    if (topic === playsByArtist.name)
      made.process(topic, { ...about, topic, key: Buffer.from(key), value: bytes, headers })
}

test('a task is taken over, restored, runs, commits, and is lost', () => {
  const board = new StatusBoard('totals')
  const running = task()
  const told = () => board.status([running], 0).tasks
  board.takesOver([partition], 5)
  assert.deepEqual(told(), [{ partition, phase: 'restoring', since: 5, ...idle }])

  const restored = (store: string, records: number) =>
    board.restores({ topology: 'totals', partition, store, restored: records, of: 100 })
  restored('a', 10)
  restored('b', 0)
  restored('a', 30)
  assert.deepEqual(told()[0]?.restored, { records: 30, of: 200 })

  board.runs([partition])
  assert.deepEqual(told(), [{ partition, phase: 'running', since: 5, ...idle }])
  board.commits(new Map([[partition, 7]]), 20)
  board.commits(
    new Map([
      [partition, 1],
      [0, 9],
    ]),
    30,
  )
  assert.deepEqual(told(), [
    { partition, phase: 'running', since: 5, ...idle, rows: 8, committedAt: 30, position: 11 },
  ])

  board.loses([partition])
  assert.deepEqual(told(), [])
})

test('how far time has come, who holds it back, and how many windows are open', () => {
  const board = new StatusBoard('totals')
  const running = task()
  board.takesOver([partition], 0)
  board.runs([partition])
  playThrough(running)
  const [told] = board.status([running], 0).tasks
  assert.equal(told?.openWindows, 1)
  assert.deepEqual([told.streamTime, told.heldBackBy], [undefined, { task: 0 }])
  assert.deepEqual(JSON.parse(JSON.stringify(told)), told)
})

test('an input that is waited for is named', () => {
  const inbox = new Inbox({ groups: [['plays', 'likes']], timeOf: () => 0, maxIdleMs: 1_000 })
  const record = {
    topic: 'plays',
    partition: 0,
    offset: 0n,
    timestamp: 0,
    key: null,
    value: null,
    headers: {},
  }
  inbox.add({ ...record, records: [record], nextOffset: 1n, highWatermark: 1n, readableEnd: 1n }, 0)
  assert.deepEqual(inbox.waitsFor(0), ['likes'])
  assert.deepEqual(inbox.waitsFor(1_001), [])
})

test('the same as metrics: what is there now, and nothing of tasks that have gone', async () => {
  const registry = new Registry()
  const watched = taskMetrics(registry)
  const board = new StatusBoard('totals')
  board.takesOver([partition], 0)
  board.restores({ topology: 'totals', partition, store: 'a', restored: 3, of: 9 })
  watched.add({ status: () => board.status([], 0) })
  const labels = '{topology="totals",partition="1"}'
  const text = await registry.metrics()
  for (const line of ['continuo_restoring_tasks', 'continuo_restored_records', 'continuo_records_to_restore'])
    assert.match(text, new RegExp(`^${line}${labels} [139]$`, 'm'))
  board.loses([partition])
  assert.doesNotMatch(await registry.metrics(), /totals/)
})
