import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Drain } from '../../../../gateway/live/cluster/drain.ts'

function sessionsOf(count: number) {
  let [now, atPause] = [0, () => undefined as unknown]
  const closed: { at: number; code: number }[] = []
  const sessions = new Set<{ close(disconnect: { code: number }): void }>()
  for (let index = 0; index < count; index++) {
    const session = {
      close({ code }: { code: number }) {
        closed.push({ at: now, code })
        sessions.delete(session)
      },
    }
    sessions.add(session)
  }
  const drain = new Drain({
    sessions,
    now: () => now,
    async pause(ms) {
      now += ms
      atPause()
    },
  })
  return { drain, sessions, closed, onPause: (call: () => unknown) => (atPause = call), now: () => now }
}

test('clients are sent away evenly over the time, with leave to return', async () => {
  const { drain, closed, now } = sessionsOf(1_000)
  await drain.over(5_000)
  assert.ok(closed.length === 1_000 && closed.every(({ code }) => code === 3001))
  const inSecond = [0, 1, 2, 3, 4].map(
    (second) => closed.filter(({ at }) => Math.floor(at / 1_000) === second).length,
  )
  assert.deepEqual(inSecond, [200, 200, 200, 200, 200])
  assert.ok(now() <= 5_000)
})

test('few clients need not wait for the time to pass, and nobody waits where there is none', async () => {
  const few = sessionsOf(3)
  await few.drain.over(60_000)
  assert.deepEqual(
    few.closed.map(({ at }) => at),
    [0, 50, 100],
  )
  const all = sessionsOf(100)
  await all.drain.over(0)
  assert.deepEqual([all.closed.length, all.now()], [100, 0])
})

test('told once more, it ends by the earlier time; clients that go by themselves make room', async () => {
  const { drain, sessions, closed, onPause, now } = sessionsOf(1_000)
  onPause(() => {
    if (now() !== 1_000) return
    for (const session of [...sessions].slice(0, 100)) sessions.delete(session)
    void drain.over(2_000)
    void drain.over(60_000)
  })
  await drain.over(60_000)
  assert.ok(now() <= 3_000 && now() > 2_500, String(now()))
  assert.equal(closed.length, 900)
})
