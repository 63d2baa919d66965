import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { type TestContext, after, test } from 'node:test'
import { withAdmin } from '../../../pipelines/engine/kafka/admin.ts'
import { existingTopics } from '../../../pipelines/engine/kafka/plan-topics.ts'
import { runCli } from '../../gateway/kit/cli.ts'
import { KafkaRoom, roomTopologies } from '../../pipelines/kafka-room.ts'

const name = `test-${randomUUID()}`
const room = await KafkaRoom.enter({ topicPrefix: `${name}.`, applicationId: name })
after(() => room.remove())

/** `continuo topics …` for both topologies of the product, in a place without topics. */
async function topics(t: TestContext, args: string[], env: Record<string, string> = {}) {
  const { ended, stdout, stderr } = runCli(t, ['topics', ...args], {
    TOPIC_PREFIX: `${name}.`,
    PARTITIONS: '2',
    ...env,
  })
  return { code: await ended, stdout: stdout(), stderr: stderr() }
}

test('from nothing to all that a topology needs; what was set by hand is told, set back, and what else was set stays', async (t) => {
  const first = await topics(t, ['plan'])
  assert.equal(first.code, 0, first.stderr)
  assert.match(
    first.stdout,
    /^\+ create test-.*\.plays: 2 partitions, retention\.ms 86400000 \(24 h\), message\.timestamp\.type/m,
  )
  assert.match(
    first.stdout,
    /^\+ create .*\.listening-totals-fold-window-1-changelog: 2 partitions, delete\.retention\.ms 86400000 \(24 h\), cleanup\.policy compact$/m,
  )

  const applied = await topics(t, ['apply'])
  assert.equal(applied.code, 0, applied.stderr)
  assert.match((await topics(t, ['plan'])).stdout, /^everything is in place$/m)
  const running = await room.run(roomTopologies['listening-totals'])
  await running.stop()

  const clean = `${name}.plays-clean`
  const setByHand = [
    { name: 'retention.ms', value: '60000' },
    { name: 'max.message.bytes', value: '123456' },
  ]
  await withAdmin(room.kafka, (admin) =>
    admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: 2, name: clean, configEntries: setByHand }],
    }),
  )
  const differs = await topics(t, ['plan', 'listening-totals'])
  assert.match(
    differs.stdout,
    /^~ set {4}test-.*\.plays-clean: retention\.ms 2592000000 \(30 days\), now 60000 \(60 s\)$/m,
  )
  assert.equal((await topics(t, ['apply', 'listening-totals'])).code, 0)
  const found = await withAdmin(room.kafka, (admin) => existingTopics(admin, [clean]))
  assert.deepEqual(found.get(clean)?.config, { 'retention.ms': '2592000000', 'max.message.bytes': '123456' })

  const refused = await topics(t, ['apply'], { PARTITIONS: '3' })
  assert.equal(refused.code, 1)
  assert.match(refused.stdout, /^! cannot .*plays: it has 2 partitions, not 3/m)
  assert.match(refused.stderr, /nothing has been changed/)
})
