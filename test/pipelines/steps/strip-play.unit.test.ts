import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { stripPlay } from '../../../pipelines/steps/strip-play.ts'
import type { CleanPlay, Play } from '../../../schemas/events.ts'
import { cleanPlayV2 } from '../../../schemas/events.ts'
import { pseudonymise, pseudonyms } from '../../../schemas/pseudonym.ts'
import { at, rawPlay } from '../../kit/builders.ts'

const key = Buffer.alloc(32, 5)
const strip = stripPlay(pseudonyms([key]))
const now = at('12:00:05')

function clean(given: Partial<Play>): CleanPlay {
  const outcome = strip(rawPlay(given), { now })
  assert.ok(outcome.kind === 'ok')
  return outcome.value
}

test('a play keeps what was played and when, and gets a pseudonym, a network and the time of its arrival', () => {
  const raw = rawPlay({ eventId: 'ABCDEF00-0000-0000-0000-000000000000' })
  const { userId: _, ip: __, sessionId: ___, context: ____, timeZone, location, ...rest } = raw
  assert.deepEqual([timeZone, location], [null, null])
  assert.deepEqual(clean(raw), {
    ...rest,
    eventId: 'abcdef00-0000-0000-0000-000000000000',
    listener: pseudonymise(key, raw.userId),
    network: '203.0.113.0/24',
    session: null,
    contextKind: null,
    contextId: null,
    utcOffsetMinutes: null,
    receivedAt: now,
  })
})

test('one listener has one pseudonym, the first time and the second', () => {
  assert.equal(clean({ userId: 'ada' }).listener, clean({ userId: 'ada' }).listener)
  assert.notEqual(clean({ userId: 'ada' }).listener, clean({ userId: 'bob' }).listener)
})

test('values outside of the known lists are told as other, or not at all', () => {
  assert.equal(clean({ platform: 'ios' }).platform, 'ios')
  assert.equal(clean({ platform: "Ada's iPhone" }).platform, 'other')
  assert.equal(clean({ country: 'NO' }).country, 'NO')
  for (const country of ['no', 'NOR', '', 'Ada', null]) assert.equal(clean({ country }).country, null)
  for (const source of ['app', 'simulator', 'import:2026-a']) assert.equal(clean({ source }).source, source)
  for (const source of ['ada', 'import:', 'import:a@b', 'app\n', 'import:'.padEnd(80, 'x')])
    assert.equal(clean({ source }).source, 'other')
})

test('what a play is told since its second version is told more coarsely, or not at all', () => {
  const sessionId = '0b6d3f0e-3a8e-4b44-9c77-0d5a1f6a2c11'
  const album = { kind: 'album', id: 'al1', name: 'Album One' } as const
  const told = clean({
    sessionId,
    context: album,
    timeZone: 'Asia/Kolkata',
    location: 'IN-KA',
    country: null,
  })
  assert.match(told.session!, /^[\w-]{22}$/)
  assert.notEqual(told.session, clean({ userId: sessionId }).listener, 'an id in two kinds is two pseudonyms')
  assert.deepEqual([told.contextKind, told.contextId], ['album', 'al1'])
  assert.deepEqual([told.utcOffsetMinutes, told.country], [330, 'IN'])
  const playlist = { kind: 'playlist', id: 'ada-and-bob', name: 'For Bob, 14 February' } as const
  const { contextKind, contextId } = clean({ context: playlist })
  assert.equal(contextKind, 'playlist')
  assert.match(contextId!, /^[\w-]{22}$/)
  assert.doesNotMatch(JSON.stringify(clean({ context: playlist })), /bob|February/i)
  for (const id of ['', 'é'.repeat(513)])
    for (const kind of ['album', 'playlist'] as const) {
      const none = clean({ sessionId: id, context: { kind, id, name: null } })
      assert.deepEqual([none.session, none.contextId], [null, null], 'an id that is none')
    }
  for (const location of ['Oslo', 'no-03', '59.9,10.7', ''])
    assert.equal(clean({ location, country: null }).country, null)
  assert.equal(clean({ timeZone: 'My house' }).utcOffsetMinutes, null)
})

const anyIp = fc.oneof(fc.ipV4(), fc.ipV6()).filter((ip) => !/(^|\D)0$|::$/.test(ip))
const userId = fc.string({ minLength: 6, maxLength: 30 }).map((text) => `user ${text}@example.org`)

test('whatever a play says of its listener, no field of the clean play holds user id or address', () => {
  const personal = fc.record({
    userId,
    ip: anyIp,
    platform: fc.string(),
    country: fc.option(fc.string()),
    source: fc.string(),
  })
  fc.assert(
    fc.property(personal, fc.dictionary(fc.string(), fc.string()), fc.boolean(), (given, unknown, gossip) => {
      const { userId: user, ip } = given
      const told = gossip ? { platform: user, country: ip, source: `import:${user}` } : {}
      const value = clean({ ...unknown, ...given, ...told })
      const shown = JSON.stringify(value).toLowerCase()
      assert.ok(!shown.includes(user.toLowerCase()) && !shown.includes(ip.toLowerCase()), shown)
    }),
  )
})

test('a field that the clean play does not have never gets through, whatever its name', () => {
  const fields = new Set(
    (cleanPlayV2.type.schema() as { fields: { name: string }[] }).fields.map(({ name }) => name),
  )
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.string({ minLength: 1 })), (unknown) => {
      const withMore = { ...unknown, ...rawPlay(), email: 'ada@example.org' }
      assert.deepEqual(new Set(Object.keys(clean(withMore))), fields)
    }),
  )
})
