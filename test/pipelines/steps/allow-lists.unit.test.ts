import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import avro from 'avsc'
import { type Rule, stripBy } from '../../../pipelines/steps/allow-list.ts'
import { allowLists } from '../../../pipelines/steps/allow-lists.ts'
import { isUnion, parseSchema, plainType } from '../../../schemas/avro/parse.ts'
import { schemaFamilies } from '../../../schemas/frozen.ts'
import type { Topic } from '../../../schemas/topic.ts'
import { cleanTopics, topics } from '../../../schemas/topics.ts'
import { pseudonyms } from '../../../schemas/pseudonym.ts'
import { rawPlay } from '../../kit/builders.ts'

type Lists = Readonly<Record<string, Readonly<Record<string, Rule<never, never>>>>>

const folder = join(import.meta.dirname, '../../../schemas/events')
const families = schemaFamilies(folder)
const rawNames = [...cleanTopics.keys()].map((name) => {
  const { value } = Object.values<Topic<unknown>>(topics).find((topic) => topic.name === name)!
  return value.id.replace(/\.v\d+$/, '')
})
const rawVersions = rawNames.flatMap((name) => families.get(name)!)
const listed: Lists = allowLists

/** Each field, those of a record within by a path. */
function pathsOf(type: avro.Type): string[] {
  if (!(type instanceof avro.types.RecordType)) return []
  return type.fields.flatMap(({ name, type: of }) => {
    const plain = plainType(of)
    const branches = isUnion(plain) ? plain.types : [plain]
    const within = branches.flatMap(pathsOf).map((path) => `${name}.${path}`)
    return within.length > 0 ? within : [name]
  })
}

for (const { id, type } of rawVersions)
  test(`each field of ${id} has a rule, and no rule is of no field`, () => {
    assert.deepEqual(
      Object.keys(listed[id] ?? {}).sort(),
      pathsOf(type).sort(),
      `say in pipelines/steps/allow-lists.ts what becomes of it: what has no rule is dropped at run time`,
    )
  })

test('the door goes by the list of the version that it reads', () => {
  for (const name of cleanTopics.keys()) {
    const { value } = Object.values<Topic<unknown>>(topics).find((topic) => topic.name === name)!
    assert.ok(value.id in listed, value.id)
    const step = value.id.replace(/\.v\d+$/, '')
    const text = readFileSync(join(folder, `../../pipelines/steps/strip-${step}.ts`), 'utf8')
    assert.match(text, new RegExp(`allowLists\\['${value.id.replace('.', '\\.')}'\\]`))
  }
})

test('what a listener can write freely has no rule that keeps it', () => {
  assert.equal(listed['play.v3']!['context.name']!.rule, 'drop')
  assert.equal(listed['reaction.v2']!.comment!.rule, 'drop')
  const kept = new Set(
    rawVersions.flatMap(({ id }) =>
      Object.entries(listed[id]!).flatMap(([path, { rule }]) => (rule === 'keep' ? [path] : [])),
    ),
  )
  const known =
    'artistId artistName changedAt context.id eventId kind msPlayed name playedAt reactedAt skipReason trackId trackName value'
  assert.deepEqual([...kept].sort(), known.split(' '), 'a catalogue, a clock, or a list of known words')
})

test('a list that has lost a rule lets nothing through for it', () => {
  const { trackName: _, ...rules } = allowLists['play.v3']
  const strip = stripBy(rules as never, pseudonyms([Buffer.alloc(32, 5)]))
  assert.doesNotMatch(JSON.stringify(strip(rawPlay({ trackName: 'secret' }), 1)), /secret/)
})

test('a field that is new has no rule, so that the list does not fit the schema', () => {
  const schema = JSON.parse(readFileSync(join(folder, 'play.v3.avsc'), 'utf8')) as avro.schema.RecordType
  const mood = { name: 'mood', type: ['null', 'string'] as avro.Schema, default: null }
  const grown = parseSchema({ ...schema, fields: [...schema.fields, mood] })
  assert.notDeepEqual(Object.keys(allowLists['play.v3']).sort(), pathsOf(grown).sort())
})
