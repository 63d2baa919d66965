import assert from 'node:assert/strict'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type avro from 'avsc'
import { eventsFolder, frozenVersions } from '../../cli/schemas/events-folder.ts'
import { unwrittenIn } from '../../cli/schemas/unwritten.ts'
import { parseSchema } from '../../schemas/avro/parse.ts'
import { type Compatibility, changesOf, compatibilities, problemsOf } from '../../schemas/compatibility.ts'
import { playV2 } from '../../schemas/events.ts'
import { type Frozen, digestOf, frozenWith, problemsIn, schemaFamilies } from '../../schemas/frozen.ts'
import { topics } from '../../schemas/topics.ts'

const frozen = frozenVersions()

test('all versions of all schemas can read one another', () => {
  assert.deepEqual(problemsIn(eventsFolder, frozen, 'FULL_TRANSITIVE'), [])
})

for (const { id } of [...schemaFamilies(eventsFolder).values()].flat())
  test(`${id} is as it has shipped`, (t) => {
    const digest = digestOf(eventsFolder, id)
    if (frozen[id] === undefined) t.skip(`when ${id} ships, run \`continuo schemas freeze\``)
    else assert.equal(digest, frozen[id], `put ${id}.avsc back as it was, and add a version`)
  })

test('a version that has been changed or removed is named', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'continuo-schemas-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  await cp(eventsFolder, folder, { recursive: true })
  const file = join(folder, 'play.v1.avsc')
  const text = await readFile(file, 'utf8')
  await writeFile(file, `${text}\n\n`)
  assert.deepEqual(problemsIn(folder, frozen, 'FULL'), [], 'how it is laid out is no matter')
  await writeFile(file, text.replace('"default": null', '"default": null, "doc": "x"'))
  await rm(join(folder, 'artist.v1.avsc'))
  assert.deepEqual(problemsIn(folder, frozen, 'FULL'), [
    'artist.v1 has shipped and is gone: put it back, for there may be values of it',
    'play.v1 has shipped and has changed: put it back as it was, and add a version',
  ])
})

test('a version that ships is frozen as it is, those of before as they were', () => {
  const { 'play.v3': last, ...before }: Frozen = { ...frozen, 'play.v1': 'as it was' }
  assert.deepEqual(
    Object.entries(frozenWith(eventsFolder, before)),
    Object.entries({ ...frozen, 'play.v1': 'as it was' }),
  )
  assert.equal(last, digestOf(eventsFolder, 'play.v3'))
})

test('a version that no topic is written with is named, with what to do', () => {
  const families = schemaFamilies(eventsFolder)
  assert.deepEqual(unwrittenIn(families, Object.values(topics)), [])
  const plays = { ...topics.plays, value: playV2 }
  assert.deepEqual(unwrittenIn(families, [plays, topics.reactions]), [
    'play.v3 is written by nobody: topic plays has play.v2; name playV3 in schemas/topics.ts',
  ])
})

type Field = avro.schema.RecordType['fields'][0]

const version = (id: string, ...fields: Field[]) => ({
  id,
  type: parseSchema({ type: 'record', name: 'Play', fields }),
})
const field = (name: string, type: avro.Schema, rest: object = {}): Field => ({ name, type, ...rest })

/** Under which modes a second version is refused. */
const refusedUnder = (one: Field[], other: Field[]) =>
  compatibilities.filter(
    (mode) => problemsOf(version('v2', ...other), [version('v1', ...one)], mode).length > 0,
  )

const backward: Compatibility[] = ['BACKWARD', 'BACKWARD_TRANSITIVE', 'FULL', 'FULL_TRANSITIVE']
const forward: Compatibility[] = ['FORWARD', 'FORWARD_TRANSITIVE', 'FULL', 'FULL_TRANSITIVE']
const kind = (symbols: string[], rest = {}): avro.Schema => ({ type: 'enum', name: 'Kind', symbols, ...rest })
const both: Compatibility[] = [...compatibilities]

const changes: [what: string, one: Field[], other: Field[], refused: Compatibility[]][] = [
  ['nothing', [field('a', 'int')], [field('a', 'int')], []],
  ['an int becomes a long', [field('a', 'int')], [field('a', 'long')], forward],
  ['a long becomes an int', [field('a', 'long')], [field('a', 'int')], backward],
  [
    'a field with a default comes',
    [field('a', 'int')],
    [field('a', 'int'), field('b', 'int', { default: 0 })],
    [],
  ],
  ['a field without a default comes', [field('a', 'int')], [field('a', 'int'), field('b', 'int')], backward],
  ['a field without a default goes', [field('a', 'int'), field('b', 'int')], [field('a', 'int')], forward],
  [
    'a field with defaults on both sides is renamed by alias',
    [field('a', 'int', { default: 0 })],
    [field('b', 'int', { default: 0, aliases: ['a'] })],
    [],
  ],
  [
    'a field is renamed by alias alone',
    [field('a', 'int')],
    [field('b', 'int', { aliases: ['a'] })],
    forward,
  ],
  ['an enum without a default grows', [field('a', kind(['x']))], [field('a', kind(['x', 'y']))], forward],
  [
    'an enum with a default grows',
    [field('a', kind(['x'], { default: 'x' }))],
    [field('a', kind(['x', 'y'], { default: 'x' }))],
    [],
  ],
  ['a field may be null from now on', [field('a', 'int')], [field('a', ['null', 'int'])], forward],
  ['text becomes a list', [field('a', 'string')], [field('a', { type: 'array', items: 'string' })], both],
  [
    'thousandths become millionths',
    [field('a', { type: 'long', logicalType: 'timestamp-millis' })],
    [field('a', { type: 'long', logicalType: 'timestamp-micros' })],
    both,
  ],
]

for (const [what, one, other, refused] of changes)
  test(`${what}: ${refused.length === 0 ? 'allowed' : 'refused'}`, () => {
    assert.deepEqual(refusedUnder(one, other).sort(), [...refused].sort())
  })

const node = (fields: Field[]): avro.Schema => ({
  type: 'record',
  name: 'Node',
  fields: [
    ...fields,
    field('next', ['null', 'Node'], { default: null }),
    field('kids', { type: 'array', items: 'Node' }),
  ],
})

test('a schema that holds itself is looked at once', () => {
  const of = (id: string, ...fields: Field[]) => ({ id, type: parseSchema(node(fields)) })
  const one = of('v1', field('a', 'int'))
  assert.deepEqual(problemsOf(of('v2', field('a', 'int')), [one], 'FULL'), [])
  assert.deepEqual(changesOf(one.type, one.type), [])
  assert.deepEqual(
    problemsOf(of('v2', field('a', 'string')), [one], 'BACKWARD').map((line) => line.split(':')[0]),
    ['a'],
  )
  const bare = (type: avro.Schema) => ({
    id: 'v',
    type: parseSchema({ type: 'record', name: 'Node', fields: [field('self', type)] }),
  })
  assert.match(problemsOf(bare('int'), [bare('Node')], 'BACKWARD').join(), /^self: .* Node for int/)
})

test('a field that is meant by alias is compared with what is read for it', () => {
  const refused = (one: Field[], other: Field[]) =>
    problemsOf(version('v2', ...other), [version('v1', ...one)], 'BACKWARD').length > 0
  const reader = [field('b', 'string', { aliases: ['a'] })]
  assert.ok(refused([field('a', 'string'), field('b', 'int')], reader))
  assert.ok(!refused([field('a', 'int'), field('b', 'string')], reader))
  const both = [field('a', 'int'), field('b', 'string', { aliases: ['a'] })]
  assert.ok(refused([field('a', 'int')], both), 'b is not written, and has no default')
})

test('decimals of other digits are told apart', () => {
  const decimal = (scale: number): avro.Schema => ({
    type: 'bytes',
    logicalType: 'decimal',
    precision: 9,
    scale,
  })
  const [one, other] = [version('v1', field('a', decimal(2))), version('v2', field('a', decimal(4)))]
  assert.match(problemsOf(other, [one], 'BACKWARD').join(), /decimal\(9, 2\) for decimal\(9, 4\)/)
  assert.equal(changesOf(one.type, other.type).length, 1)
})

test('what is refused names the field, the versions and a way to do it right', () => {
  const [one, other] = [version('play.v1', field('ms', 'int')), version('play.v2', field('ms', 'long'))]
  assert.deepEqual(problemsOf(other, [one], 'FULL'), [
    'ms: play.v1 cannot read what play.v2 writes, long for int. Leave ms as it is in every version, and add a field beside it, with a default, ' +
      'for what is new.',
  ])
  const within = (...fields: Field[]) =>
    version('v', field('item', ['null', { type: 'record', name: 'Item', fields }]))
  assert.match(
    problemsOf(within(field('a', 'int'), field('b', 'int')), [within(field('a', 'int'))], 'BACKWARD')[0]!,
    /^item\.b: .* which has no such field\. Give b a default/,
  )
})

test('only the transitive modes look farther back than one version', () => {
  const versions = [
    version('v1', field('a', 'int'), field('b', 'int')),
    version('v2', field('a', 'int'), field('b', 'int', { default: 0 })),
  ]
  const newest = version('v3', field('a', 'int'))
  assert.deepEqual(problemsOf(newest, versions, 'FULL'), [])
  assert.match(problemsOf(newest, versions, 'FULL_TRANSITIVE').join(), /^b: v1 cannot read what v3 writes/)
})

test('a change is told field by field', () => {
  const one = version('v1', field('a', 'int'), field('gone', 'string'), field('old', 'int', { default: 0 }))
  const other = version(
    'v2',
    field('a', 'long'),
    field('young', 'int', { default: 0, aliases: ['old'] }),
    field('fresh', 'string', { default: '' }),
  )
  assert.deepEqual(changesOf(one.type, other.type), [
    '~ a: "int" is "long"',
    '- gone: "string"',
    '~ old is called young',
    '+ fresh: "string", default ""',
  ])
})
