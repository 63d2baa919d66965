import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FoundReport } from '../../../cli/status/report.ts'
import { type TopologyInKafka, situationOf } from '../../../cli/status/situation.ts'
import { statusTable } from '../../../cli/status/table.ts'
import { at } from '../../kit/builders.ts'
import { now, report, task } from '../../kit/task-reports.ts'

const inKafka = (lag: number[], known: Partial<TopologyInKafka> = {}): TopologyInKafka => ({
  topology: 'totals',
  missing: [],
  members: 1,
  dividing: false,
  lag: new Map(lag.entries()),
  ...known,
})

const table = (kafka: TopologyInKafka, ...reports: FoundReport[][]) =>
  statusTable([situationOf(kafka, reports, now)], now).join('\n')

test('as it is most of the time: figures alone', () => {
  const shown = table(inKafka([3, 0]), [
    report('a:1', 1_500, task(0, { rows: 100 }), task(1, { rows: 0 })),
    report(
      'a:1',
      500,
      task(0, { rows: 350, streamTime: at('12:09:59'), openWindows: 1_204 }),
      task(1, { streamTime: at('12:09:58'), openWindows: 7, heldBackBy: { task: 1, byMs: 1_000 } }),
    ),
  ])
  assert.equal(
    shown,
    `
totals · 2 tasks · 1 process · lag 3
  task  is       lag  rows/s  stream time  held back by     open windows  last commit  process
     0  running    3     250  12:09:59                             1,204  0.2 s ago    a:1
     1  running    0       0  12:09:58     task 1 by 1.0 s             7  0.2 s ago    a:1`.trimStart(),
  )
})

test('columns of which no task has anything are left out', () => {
  const shown = table(inKafka([0]), [report('a:1', 500, task(0))])
  assert.match(shown, /^ {2}task {2}is {7}lag {2}last commit {2}process$/m)
})

// a:1 tells ──────●            says nothing for 8 s           its session runs out, b:2 takes task 0 over
test('a kill: who is silent, what becomes of his tasks, and what the others do', () => {
  const [killed, other] = [[report('a:1', 8_000, task(0))], [report('b:2', 300, task(1))]]
  const shown = table(inKafka([50, 0], { members: 2 }), killed, other)
  assert.match(shown, /^ {5}0 {2}silent for 8\.0 s .* a:1$/m)
  assert.match(
    shown,
    /→ a:1 has said nothing for 8\.0 s – killed, hanging or cut off: its task 0 will go to another process, if there is one,/,
  )
  const alone = table(inKafka([50], { members: 0 }), killed)
  assert.match(
    alone,
    /→ a:1 has said nothing .*: its task 0 wait.* for a process, and go.* on from its last commit\n.*→ no process is left in its group: `continuo run totals` starts one, also beside one that only hangs/,
  )
  const taken = table(inKafka([50, 0]), killed, [
    report('b:2', 300, task(0, { phase: 'restoring', restored: { records: 430, of: 1_000 } }), task(1)),
  ])
  assert.match(taken, /^ {5}0 {2}restoring 43 % .* b:2$/m)
  assert.doesNotMatch(taken, /a:1/)
})

test('a restore: how far it is, and what comes then', () => {
  const restoring = task(0, { phase: 'restoring', restored: { records: 12_000, of: 28_000 } })
  assert.match(
    table(inKafka([5]), [report('a:1', 100, restoring)]),
    /→ task 0 reads back the state of before, 12,000 of 28,000 records so far, and then goes on from the last commit/,
  )
})

test('a catch-up: how much, how fast, how long about', () => {
  const shown = table(inKafka([60_000, 60_000]), [
    report('a:1', 2_500, task(0, { rows: 0 }), task(1, { rows: 0 })),
    report('a:1', 500, task(0, { rows: 10_000 }), task(1, { rows: 10_000 })),
  ])
  assert.match(shown, /^ {5}0 {2}catching up {2}60,000 {3}5,000 /m)
  assert.match(shown, /→ tasks 0 and 1 have 120,000 records to catch up with: at 10,000 a second about 12 s/)
})

/*
 *   a:1 tells   ●  ●              ●  ●       it hung for 20 s
 *   rows        0  4,000      4,000  9,000
 */
test('how fast it was before a pause is not told as its pace', () => {
  const hung = [24_000, 23_000, 2_000, 1_000].map((agoMs, index) =>
    report('a:1', agoMs, task(0, { rows: [0, 4_000, 4_000, 9_000][index]! })),
  )
  assert.match(table(inKafka([60_000]), hung), /: at 5,000 a second about 12 s/)
  assert.match(table(inKafka([60_000]), hung.slice(0, 3)), /→ task 0 has 60,000 records to catch up with$/)
  const quiet = [4_000, 3_000].map((agoMs, index) => report('a:1', agoMs, task(0, { rows: 4_000 * index })))
  assert.match(table(inKafka([60_000]), quiet), /→ task 0 has 60,000 records to catch up with$/)
  const running = [2_000, 1_000].map((agoMs, index) => report('a:1', agoMs, task(0, { rows: 4_000 * index })))
  assert.match(table(inKafka([60_000], { dividing: true }), running), /to catch up with$/m)
})

test('a task from before it was moved does not count into its pace', () => {
  const rows = [900, 0, 100].map((each, index) =>
    report('a:1', 2_500 - 1_000 * index, task(0, { rows: each })),
  )
  assert.match(table(inKafka([0]), rows), /^ {5}0 {2}running {4}0 {5}100 /m)
})

test('what holds time back is named, once it is worth a word', () => {
  const held = (byMs?: number) =>
    task(0, { streamTime: at('11:00:00'), heldBackBy: { task: 3, ...(byMs !== undefined && { byMs }) } })
  assert.match(
    table(inKafka([0]), [report('a:1', 0, held(3_600_000))]),
    /→ windows of task 0 close when time has passed in task 3, too, which has come least far/,
  )
  assert.match(
    table(inKafka([0]), [report('a:1', 0, held())]),
    /time has passed in task 3, too, of which nothing has come yet/,
  )
  assert.doesNotMatch(table(inKafka([0]), [report('a:1', 0, held(2_000))]), /→/)
  const waiting = table(inKafka([9]), [report('a:1', 0, task(0, { waitsFor: ['likes'] }))])
  assert.match(waiting, /^ {5}0 {2}running +9 {2}likes /m)
  assert.match(waiting, /→ task 0 waits a while for likes/)
})

test('one that has something to do and commits nothing is stuck; one that has nothing to do is not', () => {
  const quiet = task(0, { committedAt: now - 30_000 })
  assert.match(
    table(inKafka([7]), [report('a:1', 0, quiet)]),
    /→ task 0 has 7 records to do and has committed nothing for 30 s: see the log of a:1/,
  )
  assert.match(table(inKafka([0]), [report('a:1', 0, quiet)]), /^ {5}0 {2}running /m)
})

test('one that has stopped by itself says so, however much it has to do', () => {
  const quiet = task(0, { committedAt: now - 30_000 })
  const said = report('a:1', 0, quiet)
  const stopped = said.topologies.map((each) => ({ ...each, stopped: true as const }))
  const shown = table(inKafka([7]), [{ ...said, topologies: stopped }])
  assert.match(shown, /^ {5}0 {2}stopped /m)
  assert.match(
    shown,
    /→ a:1 has stopped with its task 0, and keeps it: too many records would have been set aside/,
  )
  assert.doesNotMatch(shown, /committed nothing/)
})

test('a version that is being made goes on by the command that makes it, which first writes its history', () => {
  const making = (unwritten: number) =>
    table(inKafka([4], { topology: 'totals.v2', members: 0, making: { from: 'all', unwritten } }))
  assert.match(making(0), /→ nobody runs it: `continuo backfill totals --from all` does/)
  assert.match(making(1_200), /→ 1,200 plays of its history are to be written before it runs/)
})

test('nobody runs it, topics are missing, tasks are being divided: each is said with the remedy', () => {
  assert.match(
    table(inKafka([4], { members: 0 })),
    /totals · 1 task · 0 processes · lag 4\n.*`continuo run totals`/,
  )
  assert.match(
    table(inKafka([], { missing: ['x.plays'] })),
    /^totals\n {2}→ x\.plays is missing: `continuo migrate` makes it, or check TOPIC_PREFIX$/,
  )
  assert.match(table(inKafka([0], { dividing: true })), /→ Kafka is dividing the tasks/)
  const stopped = { ...report('a:1', 100), topologies: [] }
  assert.match(
    table(inKafka([0], { members: 0 }), [report('a:1', 1_000, task(0)), stopped]),
    /nobody runs it/,
  )
})
