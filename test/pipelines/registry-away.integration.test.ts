import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import pino from 'pino'
import { Registry } from 'prom-client'
import { runTopology, topologyMetrics } from '../../pipelines/engine/index.ts'
import { listeningTotals } from '../../pipelines/topologies/listening-totals.ts'
import { Codec } from '../../schemas/codec.ts'
import { cleanPlayV1 } from '../../schemas/events.ts'
import { connectRegistry } from '../../schemas/registry.ts'
import { topic } from '../../schemas/topic.ts'
import { topics } from '../../schemas/topics.ts'
import { startStack } from '../../stack/index.ts'
import { play } from '../kit/builders.ts'
import { until } from '../kit/until.ts'
import { KafkaRoom, roomKeys } from './kafka-room.ts'

const within = 60_000
const silent = pino({ level: 'silent' })

test('a registry that is stopped holds up what it alone knows, is said to, and when it is back nothing is missing', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'continuo-registry-'))
  const stack = await startStack({
    dataDir,
    only: ['kafka', 'schemaRegistry'],
    ports: { kafka: 0, schemaRegistry: 0 },
    progress: () => undefined,
  })
  const undo: (() => Promise<unknown>)[] = []
  t.after(async () => {
    for (const step of undo) await step()
    await stack.stop()
    await rm(dataDir, { recursive: true, force: true })
  })
  const [kafkaBrokers, schemaRegistryUrl] = [stack.urls.kafkaBrokers!, stack.urls.schemaRegistryUrl!]
  const address = { topicPrefix: 'test.', applicationId: 'test' }
  const room = await KafkaRoom.enter(address, { kafkaBrokers, schemaRegistryUrl })
  await room.add(Object.values(topics), () => 1)

  // What another process writes, in a version that this one has not met.
  const older = topic('plays-clean', cleanPlayV1, 'user')
  const other = new Codec(connectRegistry(schemaRegistryUrl, silent), address.topicPrefix)
  await other.register(older)

  const said: string[] = []
  const log = pino({}, { write: (line: string) => said.push((JSON.parse(line) as { msg: string }).msg) })
  const codec = new Codec(connectRegistry(schemaRegistryUrl, log), address.topicPrefix)
  for (const each of Object.values(topics)) await codec.register(each)
  const crashes: unknown[] = []
  const running = await runTopology({
    ...address,
    kafka: room.kafka,
    topology: listeningTotals,
    codec,
    log: silent,
    deadLetterKey: roomKeys.deadLetterKey,
    maxTaskIdleMs: 120_000,
    guarantee: 'exactly-once',
    metrics: topologyMetrics(new Registry()),
    crash: (error: unknown) => crashes.push(error),
  })
  undo.push(() => running.stop())
  let second = 0
  const next = () => play({ playedAt: `12:00:${String(10 + second++)}` })
  const send = (value: Buffer) => room.sendBytes(topics.playsClean, [{ key: 'ada', value }])
  const counted = async () => (await room.values(topics.artistTotalsLive)).at(-1)?.plays
  const counts = (plays: number) =>
    until(async () => (await counted()) === plays, { within, what: `${plays} plays to be counted` })

  await send(room.codec.encode(topics.playsClean, next()))
  await counts(1)
  await stack.kill('schemaRegistry')
  await send(room.codec.encode(topics.playsClean, next()))
  await counts(2)

  await send(other.encode(older, next()))
  await send(room.codec.encode(topics.playsClean, next()))
  const warnings = () => said.filter((msg) => msg === 'schema registry does not answer')
  await until(() => warnings().length >= 3, { within, what: 'three warnings' })
  assert.equal(await counted(), 2)
  assert.equal(running.ready(), true)

  await stack.start('schemaRegistry')
  await counts(4)
  assert.deepEqual(await room.values(topics.deadLetters), [])
  assert.deepEqual(crashes, [])
})
