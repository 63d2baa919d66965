import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import type { Producer } from 'kafkajs'
import { type PushSandbox, startPushSandbox } from '../../gateway/push/sandbox/sandbox.ts'
import { publicKeyOf } from '../../gateway/push/web-push/vapid.ts'
import { makeList } from '../../pipelines/model/listener/make-list.ts'
import { noRules } from '../../pipelines/model/listener/rules.ts'
import { noTastes, withEvent } from '../../pipelines/model/listener/tastes.ts'
import { Model } from '../../pipelines/model/serve/model.ts'
import type { CleanPlay, Recommendation } from '../../schemas/events.ts'
import { pseudonymise } from '../../schemas/pseudonym.ts'
import { sealSubscription, subscriptionKey } from '../../schemas/push-subscriptions.ts'
import { topics } from '../../schemas/topics.ts'
import { doctorRoom } from '../cli/doctor/doctor-room.ts'
import { type TestBrowser, startBrowser } from '../kit/browser.ts'
import { rawPlay } from '../kit/builders.ts'
import { rowsOf } from '../kit/conservation.ts'
import { looseLabels } from '../kit/fixed-labels.ts'
import { readMetrics } from '../kit/metrics-page.ts'
import { crowds } from '../kit/model-plays.ts'
import { type System, startSystem } from '../kit/system.ts'
import { until } from '../kit/until.ts'

const run = promisify(execFile)
const program = join(import.meta.dirname, '../../cli/main.ts')
const within = 60_000

let system: System
let sandbox: PushSandbox
let browser: TestBrowser
let folder: string
let producer: Producer

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'continuo-panel-'))
  sandbox = await startPushSandbox()
  const ca = join(folder, 'ca.pem')
  await writeFile(ca, sandbox.ca)
  system = await startSystem({
    env: { PUSH_ALLOWED_ORIGIN: sandbox.origin, PUSH_ALLOWED_ORIGIN_CA: ca, NOTIFY_FROM_SCORE: '0.0001' },
  })
  producer = system.kafka.producer()
  await producer.connect()
  browser = await startBrowser()
})
after(async () => {
  await browser.close()
  await producer.disconnect()
  await system.stop()
  await sandbox.close()
  await rm(folder, { recursive: true })
})

/** A command of ours, with what it has said. */
async function continuo(...args: string[]): Promise<string> {
  const env = { ...system.env, MODEL_STORE: join(system.dataDir, 'models') }
  return (await run(process.execPath, [program, ...args], { env })).stdout
}

/** A model of two crowds in service; the very one, loaded. */
async function promotedModel(): Promise<Model> {
  const file = join(folder, 'plays.csv')
  await writeFile(
    file,
    crowds()
      .map(({ listener, artist, plays }) => `${listener},${artist},${plays}\n`)
      .join(''),
  )
  const said = await continuo('model', 'train', '--from', file, '--factors', '8')
  const [, version = ''] = /continuo model promote (\S+)/.exec(said) ?? []
  await continuo('model', 'promote', version)
  const models = join(system.dataDir, 'models')
  const bytes = (await readdir(models)).find((name) => name.includes(version))!
  return Model.load(await readFile(join(models, bytes)), version)
}

const listenerOf = (user: string) => pseudonymise(Buffer.from(system.env['PSEUDONYM_KEY']!, 'base64'), user)

const send = (userId: string, artistId: string, partition?: number, msPlayed = 180_000) => {
  const play = rawPlay({ userId, artistId, artistName: `The ${artistId}`, playedAt: Date.now(), msPlayed })
  const message = { key: userId, value: system.codec.encode(topics.plays, play) }
  return producer.send({
    topic: topics.plays.name,
    messages: [{ ...message, ...(partition !== undefined && { partition }) }],
  })
}

/** Time goes on with the plays of others, which are too short to mean anything. */
async function timeGoesOn(): Promise<void> {
  for (const partition of [0, 1]) await send('passer-by', 'nobody', partition, 1)
}

const listsOf = async (user: string): Promise<Recommendation[]> =>
  (await rowsOf(system, topics.recommendations)).filter(({ listener }) => listener === listenerOf(user))

/** A list as it is made of the same plays without anything of the system. */
async function listOffline(model: Model, user: string, madeAt: number): Promise<Recommendation['items']> {
  const plays = (await rowsOf(system, topics.playsClean)).filter(
    ({ listener, receivedAt }) => listener === listenerOf(user) && receivedAt <= madeAt,
  )
  const event = ({ artistId, artistName, country, playedAt, receivedAt }: CleanPlay) =>
    ({ kind: 'play', subject: artistId, artistName, country, at: playedAt, receivedAt }) as const
  return makeList(plays.map(event).reduce(withEvent, noTastes()), model, noRules)
}

test('what `continuo start --dev` brings up is in order, all of it, by `continuo doctor`', async (t) => {
  const { code, stdout, stderr } = await doctorRoom(system).doctor(t)
  assert.equal(code, 0, stdout + stderr)
  assert.doesNotMatch(stdout, /^ {2}[!✘?]/m)
  assert.match(stdout, /^Kafka at 127\.0\.0\.1:\d+$/m)
  assert.match(stdout, /, 0 ! to think about, 0 ✘ to mend, 0 \? not known\n$/)
})

test('the doctor’s clocks: of each service, by how much this machine is wrong', async () => {
  const room = doctorRoom(system)
  for (const title of ['Kafka', 'Redis', 'ClickHouse'] as const) {
    const shifted = async (ms: number) => (await room.notOk(title, { now: () => Date.now() + ms })).clock
    const slow = await shifted(-5_000)
    assert.equal(slow?.state, 'warn', title)
    assert.match(slow.found, /^[45]\.\d\d s ahead of this machine, give or take \d\.\d\d s$/)
    const fast = await shifted(90_000)
    assert.equal(fast?.state, 'bad', title)
    assert.match(fast.found, /^(89|90) s behind this machine/)
    assert.match(fast.remedy, /NTP/)
  }
  const untold = await room.notOk('Kafka', { env: { TOPIC_PREFIX: 'nobody.' } })
  assert.equal(untold.clock?.state, 'unknown')
})

test('a play changes what its listener is recommended on the page, with the reason, as it is computed offline; who is not looking is notified', async () => {
  const model = await promotedModel()
  const { page, errors, close } = await browser.open(
    `${system.pageUrl}/#token=${await system.tokenOf('ada')}`,
    {
      context: { viewport: { width: 1280, height: 1600 } },
    },
  )
  const shown = (): Promise<string[]> => page.locator('#for-you-list .artist').allTextContents()
  let before: string[] = []
  for (const [index, artist] of ['rocker-1', 'jazzer-2'].entries()) {
    await until(
      async () => {
        await send('ada', artist)
        await timeGoesOn()
        return (await listsOf('ada')).length > index && (await shown()).join() !== before.join()
      },
      { within, every: 500, what: 'a list on the page' },
    )
    const list = await until(
      async () => {
        const newest = (await listsOf('ada')).at(-1)!
        return newest.items.map(({ artistName }) => artistName).join() === (await shown()).join() && newest
      },
      { within, what: 'the page to show the newest list' },
    )
    assert.equal(list.modelVersion, model.version)
    const items = list.items.map((item) => ({ ...item }))
    assert.deepEqual(items, await listOffline(model, 'ada', list.madeAt))
    const reasons = await page.locator('#for-you-list .reason').allTextContents()
    assert.ok(reasons.some((reason) => reason.includes(`because you played The ${artist}`)))
    before = await shown()
  }
  assert.deepEqual(errors, [])
  await close()

  const device = sandbox.subscribe({
    applicationServerKey: publicKeyOf(Buffer.from(system.env['VAPID_KEY']!, 'base64')),
  })
  const key = { id: 'k1', bytes: Buffer.from(system.env['PUSH_KEY']!, 'base64') }
  const subscription = sealSubscription(key, { listener: listenerOf('bob'), device, changedAt: Date.now() })
  await producer.send({
    topic: topics.pushSubscriptions.name,
    messages: [
      {
        key: subscriptionKey(subscription.listener, subscription.deviceId),
        value: system.codec.encode(topics.pushSubscriptions, subscription),
      },
    ],
  })
  await until(
    async () => {
      await send('bob', 'rocker-3')
      await timeGoesOn()
      return sandbox.pushes.length > 0
    },
    { within, every: 500, what: 'the push' },
  )
  const [push] = sandbox.pushes
  const told = JSON.parse(push!.text) as Record<string, string>
  const notification = (await rowsOf(system, topics.notifications)).find(
    ({ notificationId }) => notificationId === told['id'],
  )!
  assert.equal(notification.listener, listenerOf('bob'))
  assert.equal(told['title'], `${notification.artistName} for you`)
  assert.equal(told['body'], 'Because you listen to The rocker-3')
  const outcomes = await until(
    async () => {
      const all = (await rowsOf(system, topics.pushOutcomes)).filter(
        (each) => each.notificationId === told['id'],
      )
      return all.length === 2 && all
    },
    { within, what: 'what became of it' },
  )
  assert.deepEqual(
    outcomes.map(({ outcome }) => outcome),
    ['attempted', 'accepted'],
  )
  const everything = JSON.stringify([notification, outcomes])
  assert.doesNotMatch(everything, /"bob"|localhost|\/push\//)

  const answer = await fetch(`http://127.0.0.1:${system.env['PUSH_HEALTH_PORT']}/metrics`)
  const metrics = readMetrics(await answer.text())
  const counted = metrics
    .get('continuo_push_outcomes_total')!
    .samples.map(({ labels }) => labels.get('outcome'))
  assert.ok(counted.includes('accepted'))
  assert.deepEqual(looseLabels(metrics.values(), { role: 'push', topicPrefix: '' }), [])
})
