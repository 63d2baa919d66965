import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { reread } from '../../../dashboards/web/reread.ts'
import { until } from '../../kit/until.ts'

const NEVER_MS = 60_000

/** Reads a number, answered when the test says so. */
function reading(t: TestContext) {
  const asked: ((response: Response) => void)[] = []
  const heard: (number | string)[] = []
  t.mock.method(globalThis, 'fetch', () => new Promise<Response>((resolve) => asked.push(resolve)))
  const { refresh, stop } = reread<{ number: number }>('/api/number', {
    loaded({ number }) {
      heard.push(number)
      return NEVER_MS
    },
    failed: (reason) => heard.push(reason),
  })
  t.after(stop)
  const asks = (index: number) => until(() => asked[index], { what: `question ${index}` })
  const answer = async (index: number, response: Response) => (await asks(index))(response)
  const hears = (what: number | string) => until(() => heard.includes(what), { what: `to hear ${what}` })
  return { asks, answer, hears, heard, refresh, stop }
}

test('what a reading brings that another has overtaken does not take the place of what is newer', async (t) => {
  const { answer, hears, heard, refresh } = reading(t)
  refresh()
  await answer(1, Response.json({ number: 2 }))
  await hears(2)
  await answer(0, Response.json({ number: 1 }))
  refresh()
  await answer(2, Response.json({ number: 3 }))
  await hears(3)
  assert.deepEqual(heard, [2, 3])
})

test('after a stop nothing is heard', async (t) => {
  const { asks, answer, heard, stop } = reading(t)
  await asks(0)
  const other = reading(t)
  stop()
  await answer(0, Response.json({ number: 1 }))
  await other.answer(0, Response.json({ number: 2 }))
  await other.hears(2)
  assert.deepEqual(heard, [])
})

test('an answer that is none is told as such', async (t) => {
  const { answer, hears } = reading(t)
  await answer(0, new Response('<html>a proxy</html>'))
  await hears('What the server of this page answers breaks off, or is none; asking again by itself.')
})
