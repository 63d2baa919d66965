import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Tally } from '../../../sources/simulator/counts.ts'
import { startControl } from '../../../sources/simulator/control.ts'
import { checkedRate } from '../../../sources/simulator/rate.ts'

async function control(t: TestContext) {
  const simulator = {
    playsPerSecond: 50,
    setRate(rate: number) {
      this.playsPerSecond = checkedRate(rate)
    },
    counts: () => new Tally().counts(),
  }
  const { port, stop } = await startControl({ simulator, host: '127.0.0.1', port: 0 })
  t.after(stop)
  const ask = async (method: string, path: string, body?: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(body !== undefined && { body }),
    })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  return { simulator, port, ask }
}

test('the rate is told and set while plays flow', async (t) => {
  const { simulator, ask } = await control(t)
  assert.deepEqual(await ask('GET', '/rate'), { status: 200, body: { playsPerSecond: 50 } })
  assert.deepEqual(await ask('PUT', '/rate', '2000\n'), { status: 200, body: { playsPerSecond: 2_000 } })
  assert.equal(simulator.playsPerSecond, 2_000)
  assert.deepEqual(await ask('PUT', '/rate', '0'), { status: 200, body: { playsPerSecond: 0 } })
})

test('what is no rate is refused with what is, and changes nothing', async (t) => {
  const { simulator, ask } = await control(t)
  for (const body of ['', 'fast', '-1', 'NaN', 'Infinity', '100001', '{"rate":1}', '9'.repeat(10_000)]) {
    const answer = await ask('PUT', '/rate', body)
    assert.equal(answer.status, 400, body.slice(0, 20))
    assert.match(String(answer.body.error), /number/)
  }
  assert.equal(simulator.playsPerSecond, 50)
})

test('counts can be read, all else is not there', async (t) => {
  const { ask } = await control(t)
  assert.equal((await ask('GET', '/counts')).body.plays, 0)
  assert.equal((await ask('POST', '/rate', '1')).status, 404)
  assert.equal((await ask('GET', '/other')).status, 404)
})

test('a port in use is named, with the remedy', async (t) => {
  const { simulator, port } = await control(t)
  await assert.rejects(startControl({ simulator, host: '127.0.0.1', port }), {
    message: new RegExp(`Port ${port}.*--control-port`),
  })
})
