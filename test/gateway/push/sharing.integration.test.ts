import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { topics } from '../../../schemas/topics.ts'
import { until } from '../../kit/until.ts'
import { notification, pushRoom } from './push-room.ts'

let room: Awaited<ReturnType<typeof pushRoom>>
before(async () => {
  room = await pushRoom()
})
afterEach(() => room.killStages())
after(() => room.close())

test('two share the work, and when one of them goes, the other has all of it: nothing is lost, and nothing comes twice', async () => {
  const listeners = Array.from({ length: 40 }, (_, index) => `shared-${index}`)
  const devices = await Promise.all(listeners.map((listener) => room.subscribe(listener)))
  const tell = async (some: string[]) => {
    for (const [index, listener] of some.entries())
      await room.send(topics.notifications, index % 2, [notification({ listener })])
  }
  const arrived = () => devices.map((device) => room.pushesTo(device).length)
  const first = await room.ready()
  await tell(listeners.slice(0, 10))
  const second = await room.ready()
  await tell(listeners.slice(10, 20))
  await until(() => arrived().slice(0, 20).every(Boolean), { within: 60_000, what: 'what was told first' })
  const stopped = first.stop()
  await tell(listeners.slice(20))
  assert.equal(await stopped, 0)
  await until(() => arrived().every(Boolean), { within: 60_000, what: 'every notification' })
  assert.ok(
    arrived().every((times) => times === 1),
    String(arrived()),
  )
  assert.equal(await second.stop(), 0)
})

test('a push service that does not answer keeps no stage from stopping, and its push is not lost', async () => {
  const silent = await room.subscribe('kim', { behaviour: 'silent' })
  const push = await room.ready()
  await room.send(topics.notifications, 0, [notification({ listener: 'kim' })])
  await room.outcomeOf('kim', 'attempted')
  assert.equal(await push.stop(), 0, push.output)
  room.sandbox.behave(silent, 'accept')
  await room.ready()
  await until(() => room.pushesTo(silent).length === 1, {
    within: 150_000,
    what: 'the push that was in doubt',
  })
})
