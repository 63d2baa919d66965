import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { pseudonymise } from '../../../../schemas/pseudonym.ts'
import { apiRoom } from '../../api-room.ts'
import { clickhouseTime } from '../../database.ts'

const pseudonymOf = (id: string) => pseudonymise(Buffer.alloc(32, 6), id)
const [played, received] = [Date.UTC(2019, 4, 1), Date.UTC(2026, 0, 5)]

let room: Awaited<ReturnType<typeof apiRoom>>
before(async () => {
  room = await apiRoom()
  const plays = (listener: string, source: string, many: number, at = received) =>
    Array.from({ length: many }, (_, index) => ({
      event_id: `${listener}-${source}-${index}`,
      listener: pseudonymOf(listener),
      source,
      ms_played: 1_000,
      played_at: clickhouseTime(played + index),
      received_at: clickhouseTime(at + index),
    }))
  await room.client.insert({
    table: 'plays',
    format: 'JSONEachRow',
    values: [
      ...plays('ada', 'import:one', 3),
      ...plays('ada', 'import:two', 2, received + 60_000),
      ...plays('ada', 'app', 5),
      ...plays('bob', 'import:one', 4),
      ...plays('bob', 'import:bobs', 1),
    ],
  })
})
after(() => room.close())

const told = (importId: string, plays: number, begun: number) => ({
  importId,
  plays,
  msPlayed: plays * 1_000,
  firstPlayedAt: played,
  lastPlayedAt: played + plays - 1,
  begun,
  ended: begun + plays - 1,
})

test('listeners are told their own imports, the newest first, and nobody else’s of the same run', async (t) => {
  const get = await room.dashboard(t)
  const ask = async (sub: string) => {
    const response = await get('/api/me/imports', { headers: await room.authorization(sub) })
    assert.equal(response.status, 200)
    return ((await response.json()) as { imports: unknown[] }).imports
  }
  assert.deepEqual(await ask('ada'), [told('two', 2, received + 60_000), told('one', 3, received)])
  assert.deepEqual(await ask('bob'), [told('bobs', 1, received), told('one', 4, received)])
  assert.deepEqual(await ask('somebody else'), [])
})

test('nobody is told without a token, and nobody can be named', async (t) => {
  const get = await room.dashboard(t)
  assert.equal((await get('/api/me/imports')).status, 401)
  const headers = await room.authorization('ada')
  for (const query of ['listener=bob', 'importId=bobs', 'from=2026-01-01'])
    assert.equal((await get(`/api/me/imports?${query}`, { headers })).status, 400)
})
