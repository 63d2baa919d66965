import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { loadConfig } from '../../../cli/config.ts'
import { epochInKafka, epochMessage, requireEpoch } from '../../../cli/privacy/epoch-in-kafka.ts'
import { pendingIn } from '../../../cli/privacy/key-ring.ts'
import { readRing } from '../../../cli/privacy/ring-file.ts'
import { withAdmin } from '../../../pipelines/engine/kafka/admin.ts'
import { topics } from '../../../schemas/topics.ts'
import { recommendationShown } from '../../kit/builders.ts'
import { until } from '../../kit/until.ts'
import { type RekeyRoom, USERS, old, privacy } from './rekey-room.ts'

const placeOf = ({ env, kafka }: RekeyRoom) => ({
  config: loadConfig({ ...process.env, ...env }),
  kafka: kafka.kafka,
})

/**
 * One rekey is frozen before it has begun; another begins, and is killed as soon as the epoch is pending; then somebody writes. The first one is refused, and the next takes
 * the epoch back, so that what was written can be read.
 */
export async function requireNoneBeside(t: TestContext, room: RekeyRoom): Promise<void> {
  const before = readRing(room.ring)
  const frozen = privacy(t, room, 'rekey', '--yes')
  await until(() => /Repeated after a kill/.test(frozen.stdout()), {
    what: 'it to be about to begin',
    within: 60_000,
    every: 1,
  })
  frozen.process.kill('SIGSTOP')
  const killed = privacy(t, room, 'rekey', '--yes')
  const isPending = () => pendingIn(readRing(room.ring)) !== undefined
  await until(() => isPending() || killed.process.exitCode !== null, {
    what: 'the epoch to be pending',
    within: 60_000,
    every: 1,
  })
  killed.process.kill('SIGKILL')
  assert.equal(await killed.ended, 'SIGKILL', killed.stderr())
  frozen.process.kill('SIGCONT')
  assert.equal(await frozen.ended, 1)
  assert.match(
    frozen.stderr(),
    /^continuo: \S+ has been changed: another rekey has begun or ended meanwhile/m,
  )
  assert.equal(readRing(room.ring).epochs.length, 2)

  const shown = recommendationShown({ listener: old.listener(USERS[0]!), recommendationId: 'late' })
  await room.kafka.send(topics.recommendationsShown, [shown], ({ listener }) => listener)
  const taking = privacy(t, room, 'rekey', '--yes')
  assert.equal(await taking.ended, 1)
  assert.match(taking.stderr(), /^continuo: somebody has written 1 record to \S+recommendations-shown since/m)
  assert.deepEqual(readRing(room.ring), before)
  await requireEpoch(placeOf(room), 1)
  await letRead(room, topics.recommendationsShown)
}

/** Has the sink of ClickHouse stand at the end of a topic. */
async function letRead(room: RekeyRoom, { name }: { name: string }): Promise<void> {
  const topic = `${room.env['TOPIC_PREFIX']}${name}`
  await withAdmin(room.kafka.kafka, async (admin) => {
    const partitions = (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => ({
      partition,
      offset: high,
    }))
    await admin.setOffsets({ groupId: `${room.env['APPLICATION_ID']}.clickhouse-sink`, topic, partitions })
  })
}

/** As it is after a kill when all has been brought in: the same command ends that epoch, and begins no further one. */
export async function requireEnded(t: TestContext, room: RekeyRoom): Promise<void> {
  const around = placeOf(room)
  await epochInKafka.write(around, [epochMessage({ epoch: 2, pending: true })])
  const cli = privacy(t, room, 'rekey', '--yes')
  assert.equal(await cli.ended, 0, cli.stderr())
  assert.match(
    cli.stdout(),
    /^epoch 2 has been brought in by a rekey that was cut off .*\nepoch 2 is in use: start everything again.*\n$/,
  )
  assert.equal(readRing(room.ring).epochs.length, 2)
  await requireEpoch(around, 2)
}
