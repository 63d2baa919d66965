import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Reports } from '../../../cli/status/report.ts'

const record = (report: unknown) => Buffer.from(JSON.stringify(report))

test('the last few reports of each process of one installation are kept; anything else is passed over', () => {
  const reports = new Reports('mine')
  for (let at = 0; at < 20; at++)
    reports.add(record({ application: 'mine', process: 'a:1', topologies: [] }), at)
  reports.add(record({ application: 'mine', process: 'b:2', topologies: [] }), 20)
  reports.add(record({ application: 'another', process: 'c:3', topologies: [] }), 21)
  for (const foreign of [null, Buffer.from('{'), record(null), record({ application: 'mine' })])
    reports.add(foreign, 22)
  assert.deepEqual(
    reports.all.map((of) => of.map(({ process, at }) => `${process} ${at}`)),
    [['a:1 14', 'a:1 15', 'a:1 16', 'a:1 17', 'a:1 18', 'a:1 19'], ['b:2 20']],
  )
})

test('what is heard of a topology is what processes say last that have not fallen silent, and of no other version', () => {
  const reports = new Reports('mine')
  const says = (process: string, topology: string, streamTime: number, at: number) => {
    reports.add(
      record({ application: 'mine', process, topologies: [{ topology, tasks: [{ streamTime }] }] }),
      at,
    )
  }
  says('killed', 'totals', 1, 1_000)
  says('a', 'totals', 2, 5_900)
  says('a', 'totals', 3, 6_900)
  says('b', 'totals', 4, 7_000)
  says('b.old', 'totals.v2', 5, 7_000)
  assert.deepEqual(
    reports.heardOf('totals', 7_000).map(({ tasks }) => tasks[0]?.streamTime),
    [3, 4],
  )
})
