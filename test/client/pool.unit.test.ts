import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EndpointPool } from '../../client/pool.ts'
import type { Endpoint } from '../../schemas/endpoints.ts'
import { VirtualClock } from './virtual-clock.ts'

const endpointOf = (id: string): Endpoint => ({
  id,
  url: `WSS://${id}.example/connection/websocket`,
  capacity: 1,
  connections: 0,
  upForMs: 60_000,
})

/** One that is answered this list, by whomever it asks. */
function poolOf(endpoints: unknown[]) {
  const asked: string[] = []
  const pool = new EndpointPool({
    seeds: ['WSS://seed.example'],
    balance: 'round-robin',
    askWithin: 1_000,
    fetch: (url) => {
      asked.push(url as string)
      return Promise.resolve(Response.json({ endpoints }))
    },
    clock: new VirtualClock(),
    random: () => 0,
  })
  return { pool, asked }
}

test('addresses in capitals are asked like all others', async () => {
  const { pool, asked } = poolOf([endpointOf('a')])
  const chosen = await pool.next(new Set())
  assert.equal(chosen?.id, 'a')
  assert.equal(await pool.answers(chosen), true)
  assert.deepEqual(asked, ['https://seed.example/endpoints', 'https://a.example/endpoints'])
})

test('a node that is listed without its figures is none', async () => {
  const { pool } = poolOf([
    { ...endpointOf('a'), upForMs: undefined },
    { ...endpointOf('b'), capacity: '9' },
    endpointOf('c'),
  ])
  for (let n = 0; n < 3; n++) assert.equal((await pool.next(new Set()))?.id, 'c')
})
