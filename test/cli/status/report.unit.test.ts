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
