import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type StageMember, stageMembers } from '../../../cli/pipeline/members.ts'
import { stageHealth } from '../../../cli/pipeline/stage-health.ts'
import type { FoundReport } from '../../../cli/status/report.ts'
import type { MemberInKafka } from '../../../cli/status/look.ts'
import { Versions } from '../../../cli/versions/versions.ts'
import type { TaskStatus } from '../../../pipelines/engine/kafka/task-status.ts'
import { now, report, task } from '../../kit/task-reports.ts'

const member: StageMember = { name: 'totals', topics: [], kind: 'topology', topology: 'totals', version: 1 }
const flow = { inPerSecond: 2, inLastHour: 9, waitingSince: undefined }

const inKafka = (lag: number[], known: Partial<MemberInKafka> = {}): MemberInKafka => ({
  topology: 'totals',
  missing: [],
  members: 1,
  dividing: false,
  lag: new Map(lag.entries()),
  standing: [],
  ...known,
})

const health = (kafka: MemberInKafka, ...reports: FoundReport[][]) =>
  stageHealth(member, kafka, flow, { reports, until: now }, now)

test('the state of a stage is the worst of its tasks', () => {
  const restoring = task(0, { phase: 'restoring', restored: { records: 1, of: 4 } })
  const quiet = task(1, { committedAt: now - 30_000 })
  const state = (lag: number[], known: Partial<MemberInKafka>, ...reports: FoundReport[][]) =>
    health(inKafka(lag, known), ...reports).state
  assert.equal(state([], { missing: ['x'] }), 'topics_missing')
  assert.equal(state([5, 5], { members: 0 }), 'nobody_runs_it')
  assert.equal(state([5, 5], { members: 2 }), 'starting')
  assert.equal(state([5, 5], { dividing: true }), 'dividing')
  const a = (...tasks: TaskStatus[]) => [report('a:1', 100, ...tasks)]
  assert.equal(state([0, 0], {}, a(task(0), task(1))), 'running')
  assert.equal(state([0, 5_000], {}, a(task(0), task(1))), 'catching_up')
  assert.equal(state([0, 5_000], {}, a(task(0), quiet)), 'stuck')
  assert.equal(state([0, 5_000], {}, a(restoring, quiet)), 'restoring')
  assert.equal(state([0, 0], {}, [report('a:1', 8_000, task(1))], [report('b:2', 0, restoring)]), 'silent')
  const stopped = { topology: 'totals', tasks: [restoring, quiet], stopped: true as const }
  assert.equal(state([0, 5_000], {}, [{ ...report('a:1', 100), topologies: [stopped] }]), 'stopped')
  assert.equal(state([0, 0], { members: 0 }, [report('a:1', 100)]), 'nobody_runs_it')
})

/** What a process told each second, of a task that did so many records in each, from so many ms ago to so many. */
const told = (process: string, [from, to]: [number, number], partition: number, each: number) =>
  Array.from({ length: (from - to) / 1_000 }, (_, index) =>
    report(process, from - index * 1_000, task(partition, { position: 100 + each * index })),
  )

// b:2 has taken task 1 over 20 s ago: of it only that counts
test('the rate out is of the last minute, over all processes, and begins anew where a task has moved', () => {
  const reports = [told('a:1', [60_000, 0], 0, 10), told('b:2', [20_000, 0], 1, 4)]
  const both = health(inKafka([3, 4], { members: 2 }), ...reports)
  assert.equal(both.outPerSecond, 14)
  assert.deepEqual([both.inPerSecond, both.inLastHour, both.lagRecords, both.processes], [2, 9, 7, 2])
  assert.equal(health(inKafka([0]), [report('a:1', 0, task(0))]).outPerSecond, null)
})

test('stream time is the slowest task’s, the last commit any task’s, and nothing is told of those who are silent', () => {
  const tasks = [task(0, { streamTime: 7, committedAt: 90 }), task(1, { streamTime: 5, committedAt: 80 })]
  const heard = health(inKafka([0, 0]), [report('a:1', 0, ...tasks)])
  assert.deepEqual([heard.streamTime, heard.committedAt, heard.restored, heard.lagMs], [5, 90, null, 0])
  const silent = health(inKafka([0, 0]), [report('a:1', 9_000, ...tasks)])
  assert.deepEqual([silent.streamTime, silent.committedAt], [null, null])
  const killed = health(inKafka([0, 0]), told('a:1', [60_000, 9_000], 0, 10), told('b:2', [60_000, 0], 1, 4))
  assert.equal(killed.outPerSecond, 4)
  const waiting = stageHealth(
    member,
    inKafka([1]),
    { ...flow, waitingSince: now - 1_500 },
    { reports: [], until: now },
    now,
  )
  assert.equal(waiting.lagMs, 1_500)
})

test('who has spoken just before reports were read is not silent, even if the rest of the look took long', () => {
  const reports = [[report('a:1', 500, task(0))]]
  const slow = stageHealth(member, inKafka([2]), flow, { reports, until: now }, now + 3_500)
  assert.equal(slow.state, 'running')
})

test('stages are topologies in service and beside, sinks of all and of versions, and pushes', () => {
  const names = (versions: Versions) => stageMembers(versions, { TOPIC_PREFIX: 'x.' }).map(({ name }) => name)
  const sinks = ['clickhouse-sink', 'redis-sink', 'redis-lists-sink']
  const first = ['anonymise', 'listening-totals', 'recommendations']
  assert.deepEqual(names(new Versions()).toSorted(), [...first, ...sinks, 'push'].toSorted())
  const versions = new Versions()
  const record = Buffer.from(JSON.stringify({ from: 'kept', since: 1 }))
  versions.take('listening-totals@2', record)
  const beside = [
    'listening-totals.v2',
    'clickhouse-sink.listening-totals.v2',
    'redis-sink.listening-totals.v2',
  ]
  assert.deepEqual(names(versions).toSorted(), [...first, ...beside, ...sinks, 'push'].toSorted())
  versions.take('listening-totals', Buffer.from('{"version":2}'))
  const served = [...first.filter((each) => each !== 'listening-totals'), ...beside]
  assert.deepEqual(names(versions).toSorted(), [...served, ...sinks, 'push'].toSorted())
  const members = stageMembers(versions, { TOPIC_PREFIX: 'x.' })
  assert.ok(members.every(({ topics }) => topics.length > 0 && topics.every((each) => each.startsWith('x.'))))
})
