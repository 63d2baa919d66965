import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { apiRoom } from '../api-room.ts'

const paths = ['/api/pipeline', '/api/dead-letters']

let room: Awaited<ReturnType<typeof apiRoom>>
before(async () => (room = await apiRoom()))
after(() => room.close())

test('operators alone are told, whatever the cache has', async (t) => {
  const get = await room.dashboard(t)
  const operator = await room.operator()
  const other = { key: Buffer.alloc(32, 9), issuer: 'continuo', audience: 'continuo-gateway' }
  for (const path of paths) {
    const told = await get(path, { headers: operator })
    assert.equal(told.status, 200)
    assert.match(told.headers.get('cache-control')!, /private, no-store/)
    assert.equal(told.headers.get('vary'), 'authorization')
    const refused: [status: number, headers: Record<string, string>][] = [
      [401, {}],
      [401, { authorization: 'Bearer rubbish' }],
      [401, { authorization: operator.authorization.replace('Bearer', 'Basic') }],
      [401, await room.operator(other)],
      [401, { cookie: `token=${operator.authorization}` }],
      [403, await room.authorization('ada')],
      [403, await room.authorization('operator')],
    ]
    for (const [status, headers] of refused) {
      const response = await get(path, { headers })
      assert.equal(response.status, status, `${path} ${JSON.stringify(headers)}`)
      assert.match(response.headers.get('cache-control')!, /no-store/)
      const { remedy } = (await response.json()) as { remedy: string }
      assert.match(remedy, /continuo token --sub NAME --role operator/)
    }
  }
})

test('a dashboard without the key tells nobody', async (t) => {
  const get = await room.dashboard(t, { verifyOperator: undefined })
  for (const path of paths) {
    const response = await get(path, { headers: await room.operator() })
    assert.equal(response.status, 404)
    assert.match(await response.text(), /--operators/)
  }
})
