import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClickHouseError } from '@clickhouse/client'
import { AT_A_TIME, queryGate } from '../../../dashboards/server/query-gate.ts'

const refused = (code: string) => new ClickHouseError({ code, type: 'SOME', message: 'of listener-7' })

test('a limit that was met, and a ClickHouse that is away, are told apart, and what ClickHouse says is not told', async () => {
  const gate = queryGate()
  for (const [cause, code] of [
    [refused('159'), 'limit_met'],
    [refused('241'), 'limit_met'],
    [refused('60'), 'history_unavailable'],
    [new Error('connect ECONNREFUSED'), 'history_unavailable'],
  ] as const)
    await assert.rejects(
      gate(() => Promise.reject(cause)),
      { status: 503, code, cause, message: /^(?!.*listener-7)/ },
    )
})

test('a mistake of ours is not blamed on ClickHouse', async () => {
  const gate = queryGate()
  for (const mistake of [new RangeError('a second dimension'), new TypeError('undefined')])
    await assert.rejects(
      gate(() => Promise.reject(mistake)),
      mistake,
    )
})

test('four are asked at a time, sixteen wait, and one more is told to come again', async () => {
  const gate = queryGate()
  const found = Promise.withResolvers<string>()
  let asked = 0
  const ask = () => {
    asked += 1
    return found.promise
  }
  const answers = Array.from({ length: AT_A_TIME + 16 }, () => gate(ask))
  await assert.rejects(gate(ask), { status: 503, code: 'busy', headers: { 'retry-after': '1' } })
  assert.equal(asked, AT_A_TIME)
  found.resolve('found')
  assert.equal(new Set(await Promise.all(answers)).size, 1)
  assert.equal(asked, AT_A_TIME + 16)
})
