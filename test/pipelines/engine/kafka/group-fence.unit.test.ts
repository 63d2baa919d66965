import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { stableOffsets } from '../../../../pipelines/engine/kafka/group-fence.ts'

const MINUTES_MS = 180_000
const STEP_MS = 50

const unstable = () =>
  Object.assign(new Error('unstable'), { type: 'UNSTABLE_OFFSET_COMMIT', retriable: true })

test('offsets that a transaction is about to change are waited for, however long it stays open', async (t: TestContext) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let now = 0
  const stable = stableOffsets(() =>
    now < MINUTES_MS ? Promise.reject(unstable()) : Promise.resolve('stable'),
  )
  for (; now <= MINUTES_MS; now += STEP_MS) {
    t.mock.timers.tick(STEP_MS)
    await new Promise(setImmediate)
  }
  assert.equal(await stable, 'stable')
})

test('another error of the broker is the caller’s', async () => {
  const denied = Object.assign(new Error('denied'), { type: 'GROUP_AUTHORIZATION_FAILED' })
  await assert.rejects(
    stableOffsets(() => Promise.reject(denied)),
    denied,
  )
})
