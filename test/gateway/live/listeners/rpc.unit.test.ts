import assert from 'node:assert/strict'
import { createECDH, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import pino from 'pino'
import { errors } from '../../../../gateway/live/protocol/codes.ts'
import { type OutgoingEvent, rpc } from '../../../../gateway/live/listeners/rpc.ts'
import type { PushSubscription } from '../../../../schemas/events.ts'
import { deviceIdOf, openSubscription, subscriptionKey } from '../../../../schemas/push-subscriptions.ts'

const identity = { userId: 'ada@example.org', listener: 'AAAAAAAAAAAAAAAAAAAAAA', expiresAt: 0 }
const pushKey = { id: 'k1', bytes: Buffer.alloc(32, 3) }
const ARTISTS = ['a', 'b', 'c'].map((artistId) => ({
  artistId,
  artistName: artistId,
  score: 1,
  reason: 'popular',
  becauseArtistId: null,
  becauseArtistName: null,
}))
const LIST = {
  recommendationId: `${identity.listener}.1000`,
  modelVersion: 'v1',
  items: ARTISTS,
  madeAt: 1000,
  receivedAt: 1000,
}
const OF_ADA = LIST.recommendationId
const device = {
  endpoint: 'https://push.example/secret',
  keys: {
    p256dh: createECDH('prime256v1').generateKeys('base64url'),
    auth: randomBytes(16).toString('base64url'),
  },
}

function calls(
  fails?: Error,
  listOf = (_listener: string) => Promise.resolve<typeof LIST | undefined>(LIST),
) {
  const sent: OutgoingEvent[] = []
  const lines: string[] = []
  const call = rpc({
    send: (event) => {
      sent.push(event)
      return fails === undefined ? Promise.resolve() : Promise.reject(fails)
    },
    pushKey,
    listOf,
    log: pino({ level: 'trace' }, { write: (line: string) => lines.push(line) }),
    now: () => 5,
  })
  return { sent, lines, call: (method: string, data: unknown) => call(identity, method, data) }
}

test('an opinion goes to the raw topic, under the user of the token, whatever the message says of that', async () => {
  const { sent, call } = calls()
  const said = { artistId: 'a1', kind: 'like', userId: 'bob', listener: 'bob', reactedAt: 1, source: 'x' }
  assert.equal(await call('reaction', said), undefined)
  assert.equal(await call('reaction', { artistId: 'a1', kind: 'skip', trackId: 't1' }), undefined)
  assert.deepEqual(
    sent.map(({ topic, key, value }) => [topic.name, key, { ...(value as object), eventId: 'any' }]),
    [null, 't1'].map((trackId, index) => [
      'reactions',
      identity.userId,
      {
        eventId: 'any',
        userId: identity.userId,
        artistId: 'a1',
        trackId,
        kind: index === 0 ? 'like' : 'skip',
        reactedAt: 5,
        source: 'app',
        sessionId: null,
        comment: null,
      },
    ]),
  )
  assert.equal(new Set(sent.map(({ value }) => (value as { eventId: string }).eventId)).size, 2)
})

test('a setting goes on in its canonical form', async () => {
  const { sent, call } = calls()
  assert.equal(await call('preference', { name: 'locale', value: 'de-at' }), undefined)
  const { name, value, changedAt } = sent[0]!.value as Record<string, unknown>
  assert.deepEqual([sent[0]!.topic.name, name, value, changedAt], ['preferences', 'locale', 'de-AT', 5])
})

test('what was shown and clicked is told under the pseudonym and with the model of the list that the listener has', async () => {
  const asked: string[] = []
  const { sent, call } = calls(undefined, (listener) => {
    asked.push(listener)
    return Promise.resolve(LIST)
  })
  const list = { recommendationId: OF_ADA, modelVersion: 'v1' }
  const told = { recommendationId: OF_ADA, modelVersion: 'another', listener: 'bob' }
  assert.equal(await call('feedback', { event: 'shown', ...told, artistIds: ['a', 'b'] }), undefined)
  const clicked = { event: 'clicked', ...told, artistId: 'b', rank: 2, surface: 'page' }
  assert.equal(await call('feedback', clicked), undefined)
  assert.deepEqual(asked, [identity.listener, identity.listener])
  assert.deepEqual(
    sent.map(({ topic, key, value }) => [topic.name, key, { ...(value as object), eventId: 'any' }]),
    [
      ['shown', { artistIds: ['a', 'b'], shownAt: 5, surface: 'unknown' }] as const,
      ['clicked', { artistId: 'b', rank: 2, clickedAt: 5, surface: 'page' }] as const,
    ].map(([what, rest]) => [
      `recommendations-${what}`,
      identity.listener,
      { eventId: 'any', listener: identity.listener, ...list, ...rest },
    ]),
  )
})

test('what has not the form that it must have is refused, and goes nowhere', async () => {
  const { sent, call } = calls()
  const shown = { event: 'shown', recommendationId: OF_ADA, artistIds: ['a'] }
  const clicked = { event: 'clicked', recommendationId: OF_ADA, artistId: 'a', rank: 1 }
  const refused: [string, unknown][] = [
    ...[undefined, null, 'like', [], 7].map((data): [string, unknown] => ['reaction', data]),
    ['reaction', {}],
    ['reaction', { artistId: '', kind: 'like' }],
    ['reaction', { artistId: 'a'.repeat(513), kind: 'like' }],
    ['reaction', { artistId: 'a', kind: 'love' }],
    ['reaction', { artistId: 'a', kind: ['like'] }],
    ['reaction', { artistId: 'a', kind: 'like', trackId: 7 }],
    ['preference', { name: 'constructor', value: 'x' }],
    ['preference', { name: 'country', value: 'Norway' }],
    ['preference', { name: 'country', value: 47 }],
    ['feedback', { ...shown, recommendationId: 'BBBBBBBBBBBBBBBBBBBBBB.1000' }],
    ['feedback', { ...shown, recommendationId: identity.listener }],
    ['feedback', { ...shown, recommendationId: undefined }],
    ['feedback', { ...shown, artistIds: ['a', 'z'] }],
    ['feedback', { ...shown, artistIds: 'a' }],
    ['feedback', { ...shown, artistIds: [7] }],
    ['feedback', { ...shown, artistIds: ['a', 'b', 'c', 'a'] }],
    ['feedback', { ...clicked, rank: 0 }],
    ['feedback', { ...clicked, rank: 2 }],
    ['feedback', { ...clicked, rank: '1' }],
    ['feedback', { ...clicked, rank: 4, artistId: undefined }],
    ['feedback', { ...clicked, rank: 1.5 }],
    ['feedback', { ...clicked, artistId: null }],
    ['feedback', { ...clicked, event: 'ignored' }],
  ]
  for (const [method, data] of refused)
    assert.equal(await call(method, data), errors.badRequest, JSON.stringify({ method, data }))
  for (const method of ['', 'Reaction', '__proto__', 'toString'])
    assert.equal(await call(method, {}), errors.methodNotFound)
  assert.deepEqual(sent, [])
})

test('of a list that cannot be known nothing is told, and who has none tells of none', async () => {
  const shown = { event: 'shown', recommendationId: OF_ADA, artistIds: ['a'] }
  const away = calls(undefined, () => Promise.reject(new Error('Redis is away')))
  assert.equal(await away.call('feedback', shown), errors.internal)
  const none = calls(undefined, () => Promise.resolve(undefined))
  assert.equal(await none.call('feedback', shown), errors.badRequest)
  assert.equal(await none.call('feedback', { ...shown, recommendationId: undefined }), errors.badRequest)
  assert.deepEqual([...away.sent, ...none.sent], [])
})

test('where Kafka does not take it listeners may try again; the log says so once, and names nobody', async () => {
  const { lines, call } = calls(new Error('away'))
  for (const kind of ['like', 'skip'])
    assert.equal(await call('reaction', { artistId: 'a1', kind }), errors.internal)
  assert.equal(errors.internal.temporary, true)
  assert.equal(lines.length, 1)
  assert.ok(!lines[0]!.includes('ada'))
})

test('a browser that takes pushes is sealed under the listener of the token, and taken back under the same key alone', async () => {
  const { sent, call } = calls()
  assert.equal(
    await call('subscription', { put: { ...device, expirationTime: null }, listener: 'bob' }),
    undefined,
  )
  assert.equal(await call('subscription', { delete: device.endpoint }), undefined)
  const key = subscriptionKey(identity.listener, deviceIdOf(device.endpoint))
  assert.deepEqual(
    sent.map((event) => [event.topic.name, event.key]),
    [
      ['push-subscriptions', key],
      ['push-subscriptions', key],
    ],
  )
  const [put, taken] = sent.map(({ value }) => value as PushSubscription)
  assert.equal(taken, null)
  assert.deepEqual([put!.listener, put!.changedAt], [identity.listener, 5])
  assert.deepEqual(openSubscription(pushKey, put!), device)
  assert.doesNotMatch(JSON.stringify(sent), /push\.example/)
})

test('what is neither a device to put nor an endpoint to take back, or both, is refused and goes nowhere', async () => {
  const { sent, call } = calls()
  for (const data of [
    {},
    { put: null },
    { put: device.endpoint },
    { put: { ...device, endpoint: 'http://push.example/' } },
    { put: { ...device, keys: { ...device.keys, auth: 'short' } } },
    { put: device, delete: device.endpoint },
    { put: null, delete: device.endpoint },
    { delete: null },
    { delete: 'push.example' },
    { delete: `https://push.example/${'x'.repeat(2_048)}` },
  ])
    assert.equal(await call('subscription', data), errors.badRequest, JSON.stringify(data))
  assert.deepEqual(sent, [])
})

test('neither a device nor its listener is in the log, whatever goes wrong', async () => {
  const { lines, call } = calls(new Error('away'))
  assert.equal(await call('subscription', { put: device }), errors.internal)
  assert.equal(await call('subscription', { delete: device.endpoint }), errors.internal)
  assert.equal(lines.length, 1)
  for (const secret of [
    'push.example',
    deviceIdOf(device.endpoint),
    device.keys.auth,
    identity.listener,
    'ada',
  ])
    assert.ok(!lines.join('').includes(secret), secret)
})

test('a notification that was opened is told of under the listener of the token, and only one of theirs', async () => {
  const { sent, call } = calls()
  assert.equal(await call('feedback', { event: 'opened', notificationId: OF_ADA }), undefined)
  for (const notificationId of ['bob.1000', undefined, 7, `x${OF_ADA}`])
    assert.equal(await call('feedback', { event: 'opened', notificationId }), errors.badRequest)
  const [{ topic, key, value }] = sent as [OutgoingEvent]
  assert.deepEqual([sent.length, topic.name, key], [1, 'push-outcomes', identity.listener])
  assert.deepEqual(
    { ...(value as object), eventId: 'any' },
    {
      eventId: 'any',
      notificationId: OF_ADA,
      listener: identity.listener,
      deviceId: null,
      outcome: 'clicked',
      reason: null,
      status: null,
      attempt: 0,
      at: 5,
    },
  )
})
