import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { hours, seconds } from '../../../pipelines/engine/index.ts'
import { type TopologyDriver, drive } from '../../../pipelines/engine/testing/drive.ts'
import { makeArtifact } from '../../../pipelines/model/artifact/make-artifact.ts'
import { makeList } from '../../../pipelines/model/listener/make-list.ts'
import { noRules } from '../../../pipelines/model/listener/rules.ts'
import { noTastes, withEvent } from '../../../pipelines/model/listener/tastes.ts'
import { Model } from '../../../pipelines/model/serve/model.ts'
import { recommendations } from '../../../pipelines/topologies/recommendations.ts'
import type { Recommendation } from '../../../schemas/events.ts'
import { topics } from '../../../schemas/topics.ts'
import { at, play, preference, reaction } from '../../kit/builders.ts'
import { crowds, playsOf, small } from '../../kit/model-plays.ts'

let model: Model
before(async () => {
  const { bytes, version } = await makeArtifact(playsOf(crowds()), small)
  model = await Model.load(bytes, version)
})

const topologyWith = (current: () => Model | undefined = () => model, fromScore = 0) =>
  recommendations({
    served: { current },
    rules: noRules,
    everyMs: seconds(1),
    notify: { fromScore, gapMs: hours(6) },
  })

/** A play that reaches Kafka when it ends, by listener `ada`. */
const heard = (time: string, artistId = 'rocker-1', given = {}) =>
  play({
    listener: 'ada',
    artistId,
    artistName: `As ${artistId}`,
    playedAt: time,
    receivedAt: at(time),
    ...given,
  })

const lists = (kafka: TopologyDriver): Recommendation[] =>
  kafka.written(topics.recommendations).map(({ value }) => value)

/** Someone else's play, so that time goes on. */
const until = (kafka: TopologyDriver, time: string) =>
  kafka.send(topics.playsClean, heard(time, 'nobody', { listener: 'passer-by', msPlayed: 0 }))

test('a play, a like and a block make a new list each time, which is the one that is made offline', async () => {
  const kafka = drive(topologyWith())
  await kafka.send(topics.playsClean, heard('12:00:00', 'rocker-1'), { key: 'ada' })
  await until(kafka, '12:00:10')
  await kafka.send(
    topics.reactionsClean,
    reaction({ listener: 'ada', artistId: 'jazzer-2', reactedAt: '12:00:20' }),
    { key: 'ada' },
  )
  await until(kafka, '12:00:30')
  const unwanted = lists(kafka)[0]!.items[0]!.artistId
  await kafka.send(
    topics.preferencesClean,
    preference({ listener: 'ada', name: 'block-artist', value: unwanted, changedAt: '12:00:40' }),
    { key: 'ada' },
  )
  await until(kafka, '12:00:50')

  const [played, liked, blocked, ...more] = lists(kafka)
  assert.deepEqual(more, [])
  assert.deepEqual(
    [played!.listener, played!.modelVersion, played!.madeAt, played!.recommendationId],
    ['ada', model.version, at('12:00:00'), `ada.${at('12:00:00')}`],
  )
  assert.ok(played!.items.every(({ becauseArtistName }) => [null, 'As rocker-1'].includes(becauseArtistName)))
  assert.ok(
    liked!.items.some(({ reason, becauseArtistId }) => reason === 'liked' && becauseArtistId === 'jazzer-2'),
  )
  assert.ok(blocked!.items.every(({ artistId }) => artistId !== unwanted))

  const events = [
    { kind: 'play', subject: 'rocker-1', artistName: 'As rocker-1', country: 'NO', ...when('12:00:00') },
    { kind: 'like', subject: 'jazzer-2', artistName: null, country: null, ...when('12:00:20') },
    { kind: 'block', subject: unwanted, artistName: null, country: null, ...when('12:00:40') },
  ] as const
  for (const [index, list] of [played, liked, blocked].entries()) {
    const tastes = events.slice(0, index + 1).reduce(withEvent, noTastes())
    assert.deepEqual(list!.items, await makeList(tastes, model, noRules))
  }
})

const when = (time: string) => ({ at: at(time), receivedAt: at(time) })

test('within an interval there is one list, whatever happens in it; what comes too late counts for the next', async () => {
  const kafka = drive(topologyWith())
  for (const ms of ['000', '100', '900'])
    await kafka.send(topics.playsClean, heard(`12:00:00.${ms}`, `rocker-${ms[0]}`), { key: 'ada' })
  await until(kafka, '12:00:01')
  assert.deepEqual(
    lists(kafka).map(({ madeAt }) => madeAt),
    [at('12:00:00.900')],
  )
  await kafka.send(topics.playsClean, heard('12:00:00.950', 'jazzer-4'), { key: 'ada' })
  await until(kafka, '12:00:10')
  assert.equal(lists(kafka).length, 1)
  await kafka.send(topics.playsClean, heard('12:00:11', 'jazzer-5'), { key: 'ada' })
  await until(kafka, '12:00:20')
  const because = new Set(lists(kafka)[1]!.items.map(({ becauseArtistId }) => becauseArtistId))
  assert.ok(because.has('jazzer-4') || because.has('jazzer-5'))
  const late = lists(kafka)[1]!.items.map(({ artistId }) => artistId)
  assert.ok(!late.includes('jazzer-4'))
})

test('a play of a few seconds and a setting of the push stage change nothing; without a model nothing is told, and nothing is forgotten', async () => {
  const served: { model?: Model } = {}
  const kafka = drive(topologyWith(() => served.model))
  await kafka.send(topics.playsClean, heard('12:00:00', 'rocker-1', { msPlayed: 29_999 }), { key: 'ada' })
  await kafka.send(topics.preferencesClean, preference({ listener: 'ada', name: 'push', value: 'on' }), {
    key: 'ada',
  })
  await until(kafka, '12:00:10')
  await kafka.send(topics.playsClean, heard('12:00:20', 'rocker-2'), { key: 'ada' })
  await until(kafka, '12:00:30')
  assert.deepEqual(
    kafka.outcomes().map(({ reason, count }) => [reason, count]),
    [
      ['too_short', 3],
      ['other_preference', 1],
      ['no_model', 1],
    ],
  )
  served.model = model
  await kafka.send(topics.playsClean, heard('12:00:40', 'rocker-3'), { key: 'ada' })
  await until(kafka, '12:00:50')
  const [list] = lists(kafka)
  const heardOf = new Set(list!.items.map(({ becauseArtistId }) => becauseArtistId))
  assert.ok(heardOf.has('rocker-2'), 'what came without a model counts')
})

test('a list lies on the partition of its listener’s plays, under the listener; tastes survive a crash', async () => {
  const kafka = drive(topologyWith(), { partitions: 2 })
  await kafka.send(topics.playsClean, heard('12:00:00', 'rocker-1'), { key: 'ada', partition: 1 })
  kafka.crash()
  await kafka.send(topics.playsClean, heard('12:00:10', 'rocker-2'), { key: 'ada', partition: 1 })
  await kafka.send(topics.playsClean, heard('12:00:20', 'x', { listener: 'bob' }), {
    key: 'bob',
    partition: 1,
  })
  const written = kafka.written(topics.recommendations)
  assert.deepEqual(
    written.map(({ key, partition }) => [key, partition]),
    [
      ['ada', 1],
      ['ada', 1],
    ],
  )
  assert.ok(written[1]!.value.items.every(({ artistId }) => !['rocker-1', 'rocker-2'].includes(artistId)))
})

test('a list is of one model, whichever is in service when it is begun, if they change at each look', async () => {
  const turned = crowds().map((row) => ({
    ...row,
    artist: row.artist.startsWith('rock') ? `jazz${row.artist.slice(4)}` : `rock${row.artist.slice(4)}`,
  }))
  const { bytes } = await makeArtifact(playsOf(turned), small)
  const other = await Model.load(bytes, 'other')
  let looks = 0
  const kafka = drive(topologyWith(() => (looks++ % 2 === 0 ? model : other)))
  const played = ['rocker-1', 'jazzer-2', 'rocker-3', 'jazzer-4', 'rocker-5']
  for (const [index, artist] of played.entries())
    await kafka.send(topics.playsClean, heard(`12:00:${index}0`, artist), { key: 'ada' })
  const made = lists(kafka)
  assert.deepEqual(
    made.map(({ modelVersion }) => modelVersion),
    [model.version, 'other', model.version, 'other'],
  )
  let tastes = noTastes()
  for (const [index, { items, modelVersion }] of made.entries()) {
    const [subject, at] = [played[index]!, when(`12:00:${index}0`)]
    tastes = withEvent(tastes, { kind: 'play', subject, artistName: `As ${subject}`, country: 'NO', ...at })
    const its = modelVersion === 'other' ? other : model
    assert.deepEqual(items, await makeList(tastes, its, noRules))
  }
})

test('a listener is told of the best that the model has for them, seldom, and of nobody twice', async () => {
  const kafka = drive(topologyWith(() => model, 0.0001))
  const told = () => kafka.written(topics.notifications)
  const day = 24 * 3_600_000
  const play = (time: number, artistId: string) =>
    kafka.send(
      topics.playsClean,
      { ...heard('12:00:00', artistId), playedAt: time, receivedAt: time },
      { key: 'ada' },
    )
  const begin = at('12:00:00')
  for (const [index, artist] of ['rocker-1', 'rocker-2', 'jazzer-1'].entries())
    await play(begin + index * 3_600_000, artist)
  assert.equal(told().length, 1, 'within six hours there is one')
  const [first] = lists(kafka)
  const { key, value } = told()[0]!
  const best = first!.items[0]!
  assert.equal(key, 'ada')
  assert.deepEqual(value, {
    notificationId: first!.recommendationId,
    recommendationId: first!.recommendationId,
    listener: 'ada',
    kind: 'recommendation',
    modelVersion: model.version,
    artistId: best.artistId,
    artistName: best.artistName,
    becauseArtistName: 'As rocker-1',
    score: best.score,
    createdAt: begin,
    expiresAt: begin + day,
  })
  kafka.crash()
  for (let days = 1; days < 20; days++) await play(begin + days * day, 'rocker-1')
  const artists = told().map((each) => each.value.artistId)
  assert.ok(artists.length > 2)
  assert.equal(new Set(artists).size, artists.length, 'of nobody twice')
  for (const each of told()) {
    const list = lists(kafka).find(
      ({ recommendationId }) => recommendationId === each.value.recommendationId,
    )!
    const among = list.items.find(({ artistId }) => artistId === each.value.artistId)!
    assert.notEqual(among.reason, 'popular')
  }
  await play(begin + 40 * day, 'rocker-1')
  await play(begin + 41 * day, 'rocker-1')
  assert.ok(artists.includes(told().at(-1)!.value.artistId), 'after a month it may be the same again')
})

test('nobody is told of what the model is not sure of, or of who is merely popular', async () => {
  const sure = drive(topologyWith(() => model, 1_000))
  await sure.send(topics.playsClean, heard('12:00:00', 'rocker-1'), { key: 'ada' })
  await until(sure, '12:00:10')
  assert.equal(lists(sure).length, 1)
  assert.deepEqual(sure.written(topics.notifications), [])
  const { bytes } = await makeArtifact(playsOf(crowds(), { popular: new Map([['', ['rocker-1']]]) }), small)
  const popular = await Model.load(bytes, 'popular')
  const unknown = drive(topologyWith(() => popular))
  await unknown.send(topics.playsClean, heard('12:00:00', 'nobody-knows'), { key: 'ada' })
  await until(unknown, '12:00:10')
  assert.deepEqual(
    lists(unknown).map(({ items }) => items.map(({ reason }) => reason)),
    [['popular']],
  )
  assert.deepEqual(unknown.written(topics.notifications), [])
})
