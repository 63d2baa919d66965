import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import pino from 'pino'
import { modelsInKafka, servedMessage, trainedMessage } from '../../../cli/model/models.ts'
import { FollowedModel } from '../../../cli/model/served-model.ts'
import { seconds } from '../../../pipelines/engine/index.ts'
import { drive } from '../../../pipelines/engine/testing/drive.ts'
import { directoryStore } from '../../../pipelines/model/artifact/directory-store.ts'
import { type Artifact, makeArtifact } from '../../../pipelines/model/artifact/make-artifact.ts'
import type { Listening } from '../../../pipelines/model/interactions.ts'
import { noRules } from '../../../pipelines/model/listener/rules.ts'
import { Model } from '../../../pipelines/model/serve/model.ts'
import { recommendations } from '../../../pipelines/topologies/recommendations.ts'
import type { CleanPlay, Recommendation } from '../../../schemas/events.ts'
import { topics } from '../../../schemas/topics.ts'
import { at, play } from '../../kit/builders.ts'
import { until } from '../../kit/until.ts'
import { KafkaRoom } from '../../pipelines/kafka-room.ts'
import { crowds, playsOf, small } from '../../kit/model-plays.ts'

const SWAPS = 100
const LISTENERS = 12
const PLAYS_A_SWAP = 24
const everyMs = seconds(1)

let room: KafkaRoom
let folder: string
before(async () => {
  room = await KafkaRoom.make({ partitions: 2 })
  folder = await mkdtemp(join(tmpdir(), 'continuo-swap-'))
})
after(async () => {
  await room.remove()
  await rm(folder, { recursive: true })
})

/** Who hears rock in one world hears jazz in the other. */
const turned = (row: Listening): Listening => ({
  ...row,
  artist: row.artist.startsWith('rock')
    ? row.artist.replace('rock', 'jazz')
    : row.artist.replace('jazz', 'rock'),
})

/** So many plays a swap, of all listeners in turn; each reaches Kafka 200 ms after the one before. */
const plays: CleanPlay[] = Array.from({ length: SWAPS * PLAYS_A_SWAP }, (_, index) => {
  const receivedAt = at('12:00:00') + 200 * index
  const crowd = index % 2 === 0 ? 'rock' : 'jazz'
  return {
    ...play({ listener: `listener-${index % LISTENERS}`, artistId: `${crowd}er-${(index * 5) % 12}` }),
    playedAt: receivedAt,
    receivedAt,
  }
})

/** The lists that a model makes of all the plays, by id, without a broker. */
async function listsBy(model: Model): Promise<Map<string, Recommendation>> {
  const kafka = drive(
    recommendations({
      served: { current: () => model },
      rules: noRules,
      everyMs,
      notify: { fromScore: 1, gapMs: 1 },
    }),
    {
      partitions: 2,
    },
  )
  for (const [partition, some] of partitioned().entries())
    for (const each of some) await kafka.send(topics.playsClean, each, { key: each.listener, partition })
  return new Map(kafka.written(topics.recommendations).map(({ value }) => [value.recommendationId, value]))
}

const partitionOf = ({ listener }: CleanPlay) => Number(listener.split('-')[1]) % 2
const partitioned = () => [0, 1].map((partition) => plays.filter((each) => partitionOf(each) === partition))

test('a hundred swaps under load: each list is whole of one model, none is missing, and a damaged model changes nothing', async () => {
  const artifacts = await Promise.all(
    [crowds(), crowds().map(turned)].map((rows) => makeArtifact(playsOf(rows), small)),
  )
  const [one, other] = artifacts as [Artifact, Artifact]
  const store = directoryStore(folder)
  const place = {
    kafka: room.kafka,
    config: { TOPIC_PREFIX: room.address.topicPrefix, REPLICATION_FACTOR: 1 },
  }
  for (const each of artifacts) {
    await store.write(each.version, each.bytes)
    await modelsInKafka.write(place, [trainedMessage(each)])
  }
  const damaged = { ...one, version: 'damaged' }
  await store.write('damaged', Buffer.from(one.bytes.with(one.bytes.length >> 1, 7)))
  await modelsInKafka.write(place, [trainedMessage(damaged)])

  const promote = async (version: string) => {
    await modelsInKafka.write(place, [servedMessage(version, await modelsInKafka.read(place), Date.now())])
  }
  await promote(one.version)
  const lines: string[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => lines.push(line) })
  const served = await FollowedModel.follow({
    kafka: room.kafka,
    log,
    crash: (error: unknown) => assert.fail(error as Error),
    config: place.config,
    store,
  })
  const running = await room.run(
    recommendations({ served, rules: noRules, everyMs, notify: { fromScore: 1, gapMs: 1 } }),
  )

  for (let swap = 0; swap < SWAPS; swap++) {
    const some = plays.slice(swap * PLAYS_A_SWAP, (swap + 1) * PLAYS_A_SWAP)
    const sending = room.sendBytes(
      topics.playsClean,
      some.map((each) => ({
        key: each.listener,
        partition: partitionOf(each),
        value: room.codec.encode(topics.playsClean, each),
      })),
    )
    const { version } = swap % 2 === 0 ? other : one
    await promote(swap === SWAPS / 2 ? 'damaged' : version)
    if (swap === SWAPS / 2) {
      await until(() => lines.some((line) => line.includes('damaged or exchanged')), { what: 'the refusal' })
      assert.equal(served.current()?.version, one.version)
      await promote(version)
    }
    await until(() => served.current()?.version === version, { what: `swap ${swap}`, within: 20_000 })
    await sending
  }
  await room.caughtUp('recommendations', topics.playsClean)
  await running.stop()
  await served.stop()

  const [byOne, byOther] = await Promise.all(
    artifacts.map(async ({ bytes, version }) => listsBy(await Model.load(bytes, version))),
  )
  const made = await room.values(topics.recommendations)
  assert.deepEqual(made.map(({ recommendationId }) => recommendationId).sort(), [...byOne!.keys()].sort())
  for (const list of made) {
    const [its, others] = list.modelVersion === one.version ? [byOne!, byOther!] : [byOther!, byOne!]
    assert.deepEqual(list, its.get(list.recommendationId))
    assert.notDeepEqual(list.items, others.get(list.recommendationId)!.items)
  }
  assert.equal(new Set(made.map(({ modelVersion }) => modelVersion)).size, 2)
})
