import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { Redis } from 'ioredis'
import { presenceKey } from '../../../schemas/channels.ts'
import { deviceIdOf } from '../../../schemas/push-subscriptions.ts'
import { topics } from '../../../schemas/topics.ts'
import { openDeadLetter } from '../../../pipelines/engine/dead-letters.ts'
import { until } from '../../kit/until.ts'
import { giveBack, mended } from '../../sinks/given-back.ts'
import { notification, pushRoom } from './push-room.ts'

let room: Awaited<ReturnType<typeof pushRoom>>
before(async () => {
  room = await pushRoom()
})
afterEach(() => room.killStages())
after(() => room.close())

test('a notification reaches each device of its listener, in their language, and nobody else', async () => {
  const devices = [await room.subscribe('ada'), await room.subscribe('ada')]
  const other = await room.subscribe('eve')
  await room.prefer('ada', 'locale', 'de-AT')
  const push = await room.ready()
  const told = notification({ listener: 'ada', artistName: 'Björk {{ x }}' })
  await room.send(topics.notifications, 1, [told])
  await until(() => devices.every((device) => room.pushesTo(device).length > 0), {
    within: 20_000,
    what: 'the pushes',
  })
  for (const device of devices) {
    const [{ text, ttl, urgency, topic }, ...more] = room.pushesTo(device) as [
      (typeof room.sandbox.pushes)[0],
    ]
    assert.deepEqual(more, [])
    assert.deepEqual(JSON.parse(text), {
      id: told.notificationId,
      title: 'Björk {{ x }} für dich',
      body: 'Weil du Artist Two hörst',
      lang: 'de',
      url: `/?notification=${told.notificationId}`,
    })
    assert.ok(ttl > 3_500 && ttl <= 3_600)
    assert.deepEqual([urgency, topic], ['normal', 'recommendation'])
  }
  assert.deepEqual(room.pushesTo(other), [])
  await until(
    async () => (await room.outcomesOf('ada')).filter(({ outcome }) => outcome === 'accepted').length === 2,
    {
      within: 20_000,
      what: 'both to be recorded',
    },
  )
  const outcomes = await room.outcomesOf('ada')
  assert.deepEqual(
    outcomes.map(({ outcome, status, attempt }) => [outcome, status, attempt]),
    [
      ['attempted', null, 1],
      ['attempted', null, 1],
      ['accepted', 201, 1],
      ['accepted', 201, 1],
    ],
  )
  const metrics = await push.metrics()
  assert.match(metrics, /continuo_push_outcomes_total\{outcome="accepted"[^}]*\} 2/)
  const seen = [push.output, JSON.stringify(await room.outcomes()), metrics].join('\n')
  assert.doesNotMatch(seen, /localhost:\d+\/push|Björk/)
  assert.equal(await push.stop(), 0)
})

test('a device that is gone is taken off the list; one whose service asks for time is tried again', async () => {
  const gone = await room.subscribe('bob', { behaviour: '410' })
  const busy = await room.subscribe('bob', { behaviour: '429' })
  await room.ready()
  await room.send(topics.notifications, 0, [notification({ listener: 'bob' })])
  const pruned = await room.outcomeOf('bob', 'pruned')
  assert.deepEqual([pruned.deviceId, pruned.status], [deviceIdOf(gone.endpoint), 410])
  const deferred = await room.outcomeOf('bob', 'deferred')
  assert.deepEqual([deferred.deviceId, deferred.reason], [deviceIdOf(busy.endpoint), 'busy'])
  room.sandbox.behave(busy, 'accept')
  const accepted = await room.outcomeOf('bob', 'accepted')
  assert.ok(accepted.attempt > 1)
  assert.equal(room.pushesTo(busy).length, 1)
  const asked = () => room.sandbox.answers.get('410')
  const before = asked()
  await room.send(topics.notifications, 0, [notification({ listener: 'bob' })])
  await until(() => room.pushesTo(busy).length === 2, { within: 20_000, what: 'the next notification' })
  assert.equal(asked(), before)
})

test('whoever is looking at the page, wants no pushes or has no device gets none, and it is said why', async () => {
  const redis = new Redis(room.redisUrl)
  await redis.zadd(presenceKey(room.env.REDIS_PREFIX, 'carol'), Date.now() + 60_000, 'a gateway')
  const devices = [await room.subscribe('carol'), await room.subscribe('dan')]
  await room.prefer('dan', 'push', 'off')
  await room.prefer('fred', 'push', 'on')
  await room.ready()
  for (const listener of ['carol', 'dan', 'fred'])
    await room.send(topics.notifications, 0, [notification({ listener })])
  const reasons = { carol: 'on_screen', dan: 'unwanted', fred: 'no_device' }
  for (const [listener, reason] of Object.entries(reasons))
    assert.equal((await room.outcomeOf(listener, 'dropped')).reason, reason)
  assert.deepEqual(devices.flatMap(room.pushesTo), [])
  await redis.quit()
})

test('what is to wait for the end of quiet hours is not lost when the stage is killed, and the newest stands for all', async () => {
  const device = await room.subscribe('gina')
  await room.subscribe('hugo')
  const hour = new Date().getUTCHours()
  const two = (n: number) => String(n % 24).padStart(2, '0')
  await room.prefer('gina', 'time-zone', 'Etc/UTC')
  await room.prefer('gina', 'quiet-hours', `${two(hour + 23)}:00-${two(hour + 2)}:00`)
  const stage = await room.ready()
  const day = { expiresAt: Date.now() + 24 * 3_600_000 }
  await room.send(topics.notifications, 0, [notification({ listener: 'gina', ...day })])
  // Those that are sent after it are not to be told before it is known.
  await room.send(topics.notifications, 0, [notification({ listener: 'hugo' })])
  await room.outcomeOf('hugo', 'accepted')
  await stage.kill()
  await room.ready()
  await room.send(topics.notifications, 0, [notification({ listener: 'gina', artistName: 'Newest', ...day })])
  assert.equal((await room.outcomeOf('gina', 'dropped')).reason, 'superseded')
  assert.deepEqual(room.pushesTo(device), [])
  await room.prefer('gina', 'quiet-hours', 'none')
  await room.outcomeOf('gina', 'accepted')
  const texts = room.pushesTo(device).map(({ text }) => JSON.parse(text) as { title: string })
  assert.deepEqual(
    texts.map(({ title }) => title),
    ['Newest for you'],
  )
})

test('killed again and again, it loses no notification, and counts those that may have come twice', async () => {
  const listeners = Array.from({ length: 60 }, (_, index) => `listener-${index}`)
  const devices = new Map<string, Awaited<ReturnType<typeof room.subscribe>>>()
  for (const listener of listeners) devices.set(listener, await room.subscribe(listener))
  const sent: string[] = []
  for (let round = 0; round < 3; round++) {
    const push = await room.start()
    const before = room.sandbox.pushes.length
    const some = listeners.slice(round * 20, (round + 1) * 20)
    for (const listener of some) {
      const told = notification({ listener })
      sent.push(told.notificationId)
      await room.send(topics.notifications, sent.length % 2, [told])
    }
    const enough = before + 1 + 3 * round
    await until(() => room.sandbox.pushes.length >= enough, { within: 30_000, every: 1, what: 'some pushes' })
    await push.kill()
  }
  const push = await room.ready()
  const arrived = () => {
    const ids = room.sandbox.pushes.map(({ text }) => (JSON.parse(text) as { id: string }).id)
    return sent.filter((id) => ids.includes(id))
  }
  await until(() => arrived().length === sent.length, { within: 120_000, what: 'every notification' })
  const settled = async () => (await room.outcomes()).filter(({ outcome }) => outcome === 'accepted')
  await until(async () => new Set((await settled()).map((each) => each.notificationId)).size >= sent.length, {
    within: 20_000,
    what: 'every outcome',
  })
  const twice = [...devices.values()]
    .map((device) => room.pushesTo(device).length - 1)
    .reduce((sum, each) => sum + each)
  const again = (await room.outcomes()).filter(
    ({ outcome, attempt }) => outcome === 'attempted' && attempt > 1,
  )
  assert.ok(twice <= again.length, `${twice} came twice, ${again.length} were sent again`)
  assert.equal(await push.stop(), 0)
})

test('a device that another listener has switched on is theirs, and the record of the former is taken back', async () => {
  const device = await room.subscribe('lea')
  await room.subscribe('max', { device })
  const push = await room.ready()
  await room.send(topics.notifications, 0, [notification({ listener: 'lea' })])
  assert.equal((await room.outcomeOf('lea', 'dropped')).reason, 'no_device')
  await room.send(topics.notifications, 0, [notification({ listener: 'max' })])
  await room.outcomeOf('max', 'accepted')
  assert.equal(room.pushesTo(device).length, 1)
  await until(async () => (await room.subscriptions()).get('lea') === null, {
    what: 'the record to be taken back',
  })
  assert.equal(await push.stop(), 0)
})

test('notifications that no release knew are given back to one that does: once, through a kill, unless they have expired', async () => {
  const devices = [await room.subscribe('jon'), await room.subscribe('kim')]
  const first = await room.ready()
  const weather = { kind: 'weather' }
  await room.send(topics.notifications, 0, [notification({ listener: 'jon', ...weather })])
  await room.send(topics.notifications, 1, [
    notification({ listener: 'kim', ...weather, expiresAt: Date.now() }),
  ])
  await until(async () => (await room.deadLetters()).length === 2, { within: 60_000, what: '2 letters' })
  const letters = await room.deadLetters()
  const known = (value: Buffer) =>
    room.codec.encode(topics.notifications, {
      ...room.codec.decode(topics.notifications, value),
      kind: 'recommendation',
    })
  await room.codec.load(letters.map((letter) => openDeadLetter(room.deadLetterKey, letter).value))
  const lettersRoom = { ...room, key: room.deadLetterKey }
  const place = { applicationId: room.env.APPLICATION_ID, stage: 'push' }
  const given = letters.map((letter) => mended(lettersRoom, letter, known))
  assert.equal(await giveBack(lettersRoom, place, given), 2)
  await room.outcomeOf('jon', 'accepted')
  await first.kill()
  await room.ready()
  assert.equal((await room.outcomeOf('kim', 'dropped')).reason, 'expired')
  // What was not committed has been read again when this one has been told.
  await room.send(topics.notifications, 0, [notification({ listener: 'jon' })])
  const told = async () =>
    (await room.outcomesOf('jon')).filter(({ outcome }) => outcome === 'accepted').length === 2
  await until(told, { within: 60_000, what: 'both to have been told' })
  assert.deepEqual(
    devices.map((device) => room.pushesTo(device).length),
    [2, 0],
  )
  // What is refused again is the same letter, at its next attempt.
  assert.equal(await giveBack(lettersRoom, place, [{ ...letters[0]!, attempt: 1 }]), 1)
  // Besides it there may be copies of the first two: the killed one may not have committed that it had put them aside.
  const again = await until(
    async () => (await room.deadLetters()).find(({ attempt }) => attempt === 2),
    // Its partition may be the killed one's until the group has missed that.
    { within: 60_000, what: 'it to come back' },
  )
  assert.deepEqual([again.id, again.reason], [letters[0]!.id, 'unknown_kind'])
})

test('a notification that cannot be read is set aside, and holds up nothing', async () => {
  const device = await room.subscribe('ida')
  const before = new Set((await room.deadLetters()).map(({ id }) => id))
  await room.ready()
  await room.sendRaw(topics.notifications, 0, Buffer.from('garbage'))
  await room.send(topics.notifications, 0, [notification({ listener: 'ida', kind: 'weather' })])
  await room.send(topics.notifications, 0, [notification({ listener: 'ida' })])
  await room.outcomeOf('ida', 'accepted')
  assert.equal(room.pushesTo(device).length, 1)
  const letters = (await room.deadLetters()).filter(({ id }) => !before.has(id))
  assert.deepEqual(
    letters.map(({ stage, topic, reason }) => [stage, topic, reason]),
    [
      ['push', room.nameOf(topics.notifications), 'not_wire_format'],
      ['push', room.nameOf(topics.notifications), 'unknown_kind'],
    ],
  )
})
