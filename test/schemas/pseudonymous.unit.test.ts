import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { pseudonyms } from '../../schemas/pseudonym.ts'
import { pseudonymous, renamed, renamedId } from '../../schemas/pseudonymous.ts'
import { cleanTopics, topics } from '../../schemas/topics.ts'
import { play, recommendationShown } from '../kit/builders.ts'

const [first, second] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
const old = pseudonyms([first])
const now = pseudonyms([first, second])
const map = pseudonyms([second])

/** What such a field is called. */
const SUSPICIOUS = /^(listener|session|user|contextId|recommendationId|notificationId|key)/i
/** A count; bits that many listeners share; what seals a letter. */
const HARMLESS = new Set([
  'artist-totals.listeners',
  'artist-totals-live.listeners',
  'artist-totals.listenerBits',
  'artist-totals-live.listenerBits',
  'dead-letters.keyId',
  'push-subscriptions.keyId',
])

interface Avro {
  fields: { name: string }[]
}

test('each field that may have a pseudonym is marked, of all topics behind the door', () => {
  const marked = new Map(pseudonymous.map(({ topic, fields }) => [topic.name, fields]))
  const forgotten = Object.values(topics)
    .filter(({ name }) => !cleanTopics.has(name))
    .flatMap(({ name, value }) =>
      (JSON.parse(value.text) as Avro).fields
        .filter((field) => SUSPICIOUS.test(field.name) && marked.get(name)?.[field.name] === undefined)
        .map((field) => `${name}.${field.name}`),
    )
    .filter((field) => !HARMLESS.has(field))
  assert.deepEqual(forgotten, [], 'mark it in schemas/pseudonymous.ts')
})

test('what is spread by listener has its pseudonym in its keys', () => {
  const keyed = new Set(pseudonymous.filter((each) => each.keyed).map(({ topic }) => topic.name))
  for (const { name, partitioning } of Object.values(topics))
    if (!cleanTopics.has(name) && ['user', 'listener', 'device', 'imported play'].includes(partitioning))
      assert.ok(keyed.has(name), name)
})

test('a value of the old epoch becomes what the door would make in the new one', () => {
  const { fields } = pseudonymous.find(({ topic }) => topic === topics.playsClean)!
  const ids = fc.record({ user: fc.string(), session: fc.string(), context: fc.string() })
  const kinds = fc.constantFrom(null, 'album', 'playlist', 'other')
  fc.assert(
    fc.property(ids, kinds, ({ user, session, context }, contextKind) => {
      const clean = (names: typeof old) =>
        play({
          eventId: 'e',
          listener: names.listener(user),
          session: names.session(session),
          contextKind,
          contextId: contextKind === null ? null : contextKind === 'album' ? context : names.context(context),
        })
      assert.deepEqual(renamed(clean(old), fields, map), clean(now))
    }),
  )
})

test('an id that begins with its listener goes with it; another’s, or none, stays', () => {
  const { fields } = pseudonymous.find(({ topic }) => topic === topics.recommendationsShown)!
  const listener = old.listener('ada')
  const shown = (recommendationId: string) =>
    renamed(recommendationShown({ listener, recommendationId }), fields, map).recommendationId
  assert.equal(shown(`${listener}.17`), `${now.listener('ada')}.17`)
  const others = `${old.listener('bob')}.17`
  for (const id of [others, 'r1', listener]) assert.equal(shown(id), id)
})

test('keys are a pseudonym, or begin with one', () => {
  const [was, is] = [old.listener('ada'), now.listener('ada')]
  for (const tail of ['', '.device', ':0123']) assert.equal(renamedId(was + tail, map), is + tail)
})
