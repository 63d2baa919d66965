import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as macrotask } from 'node:timers/promises'
import { ChannelHub, type Subscriber } from '../../../../gateway/live/channels/channel-hub.ts'
import { MOST_PRESENT } from '../../../../gateway/live/channels/channel-presence.ts'
import { json } from '../../../../gateway/live/protocol/json.ts'
import { SimulatedRedis } from '../../kit/simulated-redis.ts'

test('who comes and goes is told to no more than may know who is there', async () => {
  const redis = new SimulatedRedis()
  const hub = new ChannelHub('c', {
    log: redis,
    encode: () => Buffer.from('notice'),
    onFanOut: () => undefined,
    onLost: () => assert.fail('lost'),
  })
  let told = 0
  const join = async () => {
    const subscriber: Subscriber = { encoding: json, push: () => told++, lost: () => assert.fail('lost') }
    const joined = hub.join(subscriber, undefined, () => undefined, true)
    await macrotask()
    redis.answer()
    await joined
    return subscriber
  }
  for (let n = 1; n < MOST_PRESENT; n++) await join()
  const last = await join()
  const info = { client: 'k', user: 'u' }
  hub.notice({ join: { info } })
  assert.equal(told, MOST_PRESENT)
  await join()
  hub.notice({ leave: { info } })
  assert.equal(told, MOST_PRESENT)
  hub.leave(last)
  hub.notice({ join: { info } })
  assert.equal(told, 2 * MOST_PRESENT)
})
