import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answersTo } from '../../../dashboards/reports/source.ts'

test('a ClickHouse that is away is told with what to check, and a mistake of ours not as that', async () => {
  const asking = (error: Error) => answersTo({}, { rows: () => Promise.reject(error) })
  await assert.rejects(asking(new Error('connect ECONNREFUSED')), {
    name: 'ReportError',
    message: /did not answer.*CLICKHOUSE_URL/,
  })
  const mistake = new RangeError('there is a second dimension')
  await assert.rejects(asking(mistake), (error) => error === mistake)
})
