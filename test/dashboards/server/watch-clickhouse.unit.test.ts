import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setImmediate as breathe } from 'node:timers/promises'
import { type PingResult, createClient } from '@clickhouse/client'
import { pino } from 'pino'
import { watchClickhouse } from '../../../dashboards/server/watch-clickhouse.ts'
import { until } from '../../kit/until.ts'

/** A ClickHouse that answers each look when the test says so; what is said of it meanwhile. */
function watched() {
  const looks: ((answer: PingResult) => void)[] = []
  const said: string[] = []
  const ping = () => new Promise<PingResult>((resolve) => looks.push(resolve))
  const log = pino({ base: null }, { write: (line) => said.push((JSON.parse(line) as { msg: string }).msg) })
  const answer = async (success: boolean) => {
    looks.at(-1)!(success ? { success } : { success, error: new Error('away') })
    await breathe()
  }
  return { watch: watchClickhouse({ ping }, log), looks, said, answer }
}

/** A clock that goes on when it is told. */
function clock({ mock }: TestContext) {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  return async (ms: number) => {
    mock.timers.tick(ms)
    await breathe()
  }
}

test('one look at a time, however long it takes, and a word whenever the answer is another', async (t) => {
  const passes = clock(t)
  const { watch, looks, said, answer } = watched()
  assert.equal(watch.answers(), false)
  await passes(60_000)
  assert.equal(looks.length, 1)
  await answer(true)
  assert.equal(watch.answers(), true)
  for (const success of [true, false, false, true]) {
    await passes(2_000)
    await answer(success)
  }
  assert.equal(looks.length, 5)
  assert.deepEqual(said, ['history answers', 'history does not answer', 'history answers'])
  watch.stop()
})

test('of a look that a stop cuts off nothing is said, and there is none behind it', async (t) => {
  const passes = clock(t)
  const { watch, looks, said, answer } = watched()
  await answer(true)
  await passes(2_000)
  watch.stop()
  await answer(false)
  await passes(60_000)
  assert.deepEqual([looks.length, said], [2, ['history answers']])
})

test('a look whose answer never comes is given up, and the next one counts', async (t) => {
  let asked = 0
  const server = createServer((_, response) => {
    if (asked++ > 0) response.end('Ok.\n')
  }).listen(0)
  t.after(() => server.close())
  const client = createClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
  const watch = watchClickhouse(client, pino({ level: 'silent' }))
  await until(() => watch.answers(), { what: 'the second look', within: 21_000 })
  watch.stop()
  await client.close()
})
