import assert from 'node:assert/strict'
import { test } from 'node:test'
import { message, sandboxAndProvider } from './kit.ts'

test('a service that has left many unanswered is left alone, and asked again by one after a while', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() })
  const { sandbox, provider } = await sandboxAndProvider(t, { timeoutMs: 1_000 })
  const [silent, good] = [sandbox.subscribe({ behaviour: 'silent' }), sandbox.subscribe()]
  await Promise.all(Array.from({ length: 20 }, () => provider.send(silent, message())))
  assert.deepEqual(await provider.send(good, message()), {
    kind: 'later',
    status: null,
    reason: 'service_silent',
    afterMs: 30_000,
  })
  assert.equal(sandbox.pushes.length, 0)
  t.mock.timers.tick(30_000)
  const [asked, notAsked] = await Promise.all([
    provider.send(good, message()),
    provider.send(good, message()),
  ])
  assert.deepEqual([asked.kind, notAsked.kind], ['accepted', 'later'])
  assert.equal((await provider.send(good, message())).kind, 'accepted')
})
