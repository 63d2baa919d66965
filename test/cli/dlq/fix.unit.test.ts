import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDeadLetter, sealDeadLetter } from '../../../pipelines/engine/dead-letters.ts'
import { type Fix, whyNot } from '../../../pipelines/engine/given-back.ts'
import { Preparing, underSchema } from '../../../cli/dlq/fix.ts'
import { readKeyRing } from '../../../cli/dlq/key-ring.ts'
import { loadConfig } from '../../../cli/config.ts'
import type { CleanPlay } from '../../../schemas/events.ts'
import { topics } from '../../../schemas/topics.ts'
import { play } from '../../kit/builders.ts'
import { codecFor } from '../../schemas/codec-for.ts'

const codec = await codecFor(topics.playsClean)
const former = { id: 'k0', bytes: Buffer.alloc(32, 1) }
const current = { id: 'k1', bytes: Buffer.alloc(32, 2) }
const keys = { current, of: (id: string) => (id === 'k0' ? former : current) }
const record = {
  topic: 'plays-clean',
  partition: 0,
  offset: 7n,
  timestamp: 5,
  key: Buffer.from('k'),
  headers: {},
  value: codec.encode(topics.playsClean, play()),
}
const failure = { stage: 's', kind: 'decode', reason: 'unknown_schema_id' } as const
const unused = [{} as never, {} as never] as const
const preparing = (...fixes: ConstructorParameters<typeof Preparing>[0]['fixes']) =>
  new Preparing({ keys, codec, topicPrefix: '', fixes })

test('a letter of now goes as it is; one of before is sealed anew, with the same content', async () => {
  const asItIs = sealDeadLetter(current, record, failure)
  assert.deepEqual(await preparing().prepare(asItIs), { letter: asItIs, decodes: true })
  const old = sealDeadLetter(former, record, failure)
  const prepared = await preparing().prepare(old)
  assert.ok('letter' in prepared)
  assert.equal(prepared.letter.keyId, 'k1')
  assert.deepEqual(openDeadLetter(current, prepared.letter), openDeadLetter(former, old))
})

test('whoever has neither key leaves it', async () => {
  const stranger = sealDeadLetter({ id: 'k9', bytes: Buffer.alloc(32, 9) }, record, failure)
  assert.deepEqual(await preparing().prepare(stranger), { left: 'sealed_with_another_key' })
})

test('a writer schema is put before a value that names none, or in the place of the one that it names', async () => {
  const id = record.value.readInt32BE(1)
  for (const value of [Buffer.concat([Buffer.from([0, 0, 0, 9, 9]), record.value.subarray(5)])]) {
    const prepared = await preparing(underSchema(id)).prepare(
      sealDeadLetter(current, { ...record, value }, failure),
    )
    assert.ok('letter' in prepared)
    assert.deepEqual(openDeadLetter(current, prepared.letter).value, record.value)
    assert.deepEqual([prepared.decodes, prepared.letter.schemaId], [true, id])
  }
  const bare = underSchema(7)({ key: null, value: Buffer.from('{}'), headers: [] }, ...unused)
  assert.deepEqual(bare?.value, Buffer.from([0, 0, 0, 0, 7, 0x7b, 0x7d]))
  assert.equal(underSchema(7)({ key: null, value: null, headers: [] }, ...unused), null)
})

const inNorway: Fix<CleanPlay> = (original, _, { decoded, encode }) =>
  decoded === undefined ? null : { ...original, value: encode({ ...decoded, country: 'NO' }) }

test('a fix is given what its value is in the readers of its topic, and writes one', async () => {
  const prepared = await preparing(inNorway).prepare(sealDeadLetter(current, record, failure))
  assert.ok('letter' in prepared)
  const { value } = openDeadLetter(current, prepared.letter)
  assert.deepEqual(
    { ...codec.decode(topics.playsClean, value) },
    { ...codec.decode(topics.playsClean, record.value), country: 'NO' },
  )
  const garbage = sealDeadLetter(current, { ...record, value: Buffer.from('{') }, failure)
  assert.deepEqual(await preparing(inNorway).prepare(garbage), { left: 'left_by_the_fix' })
})

test('after another writer schema the value is decoded under it', async () => {
  const body = sealDeadLetter(current, { ...record, value: record.value.subarray(5) }, failure)
  const prepared = await preparing(underSchema(record.value.readInt32BE(1)), inNorway).prepare(body)
  assert.ok('letter' in prepared && prepared.decodes)
})

test('what a fix encodes that does not fit is told by its field, without what it holds', async () => {
  const wrong: Fix<CleanPlay> = (original, _, { decoded, encode }) => ({
    ...original,
    value: encode({ ...decoded!, msPlayed: 'ada@example.org' as never }),
  })
  await assert.rejects(preparing(wrong).prepare(sealDeadLetter(current, record, failure)), {
    name: 'DeadLetterError',
    message: 'the fix encodes what is no value at s:plays-clean:0:7: plays-clean: msPlayed is not "long"',
  })
  const elsewhere = sealDeadLetter(current, { ...record, topic: 'of-others' }, failure)
  assert.deepEqual(await preparing(inNorway).prepare(elsewhere), { left: 'left_by_the_fix' })
  await assert.rejects(
    preparing((o, _, { encode }) => ({ ...o, value: encode({} as never) })).prepare(elsewhere),
    {
      message: /^the fix encodes what is no value at s:of-others:0:7: nobody knows the schema of its topic$/,
    },
  )
})

test('what a fix makes too large, or leaves, stays', async () => {
  const letter = sealDeadLetter(current, record, failure)
  const random = Buffer.from(Array.from({ length: 1_000 }, (_, i) => (i * 7919) % 256))
  const large = () => ({ key: null, value: Buffer.concat(Array(10).fill(random)), headers: [] })
  assert.ok('letter' in (await preparing(large).prepare(letter)))
  assert.deepEqual(await preparing(() => null).prepare(letter), { left: 'left_by_the_fix' })
  const inflating = () => ({ key: null, value: Buffer.alloc(81 * 1024 * 1024), headers: [] })
  const inflated = await preparing(inflating).prepare(letter)
  assert.equal('left' in inflated && inflated.left, 'too_large_once_fixed')
})

for (const [thrown, told] of [
  [new TypeError('ada@example.org'), 'a TypeError'],
  [Object.assign(new RangeError(), { name: 'ada@example.org' }), 'a RangeError'],
  [Object.assign(new Error(), { name: 'ada@example.org' }), 'an Error'],
  ['ada@example.org', 'what is no Error'],
  [null, 'what is no Error'],
  [undefined, 'what is no Error'],
] as const)
  test(`a fix that throws ${told} is told without what it says`, async () => {
    const letter = sealDeadLetter(current, record, failure)
    const throwing = preparing(() => {
      throw thrown as Error
    })
    await assert.rejects(throwing.prepare(letter), {
      name: 'DeadLetterError',
      message: `the fix throws at s:plays-clean:0:7: ${told}`,
    })
  })

test('a fix changes the record, and nothing that its letter says', async () => {
  const letter = sealDeadLetter(current, record, failure)
  const others = { id: 'other', stage: 'other', partition: 9, attempt: -1 }
  const prepared = await preparing((original, about) => {
    for (const [name, value] of Object.entries(others)) Reflect.set(about, name, value)
    return original
  }).prepare(letter)
  assert.ok('letter' in prepared)
  assert.deepEqual({ ...prepared.letter, sealed: null }, { ...letter, sealed: null })
  const assigning = preparing((original, about) => {
    Object.assign(about, others)
    return original
  })
  await assert.rejects(assigning.prepare(letter), { message: /: a TypeError$/ })
})

for (const [what, made] of [
  ['a text for a value', { key: null, value: 'ada@example.org', headers: [] }],
  ['no headers', { key: null, value: null }],
  ['headers as an object', { key: null, value: null, headers: { user: 'ada@example.org' } }],
  [
    'a header that is text',
    { key: null, value: null, headers: [{ name: 'user', value: 'ada@example.org' }] },
  ],
  ['a promise', Promise.resolve(null)],
  ['nothing', undefined],
] as const)
  test(`a fix that returns ${what} is refused, without what it returned`, async () => {
    const letter = sealDeadLetter(current, record, failure)
    await assert.rejects(preparing(() => made as never).prepare(letter), {
      name: 'DeadLetterError',
      message:
        'the fix returns no record at s:plays-clean:0:7: key and value are null or a Buffer, headers an array of { name, value }',
    })
  })

test('what is replayed, late or cut is not given back', () => {
  const letter = { reason: 'x', late: false, replayed: false }
  assert.equal(whyNot(letter), undefined)
  assert.match(whyNot({ ...letter, late: true })!, /^late/)
  assert.match(whyNot({ ...letter, reason: 'x_cut' })!, /^cut/)
})

test('keys of before are named, and a wrong one is told without it', () => {
  const env = { DEAD_LETTER_OLD_KEYS: `k0=${former.bytes.toString('base64')}` }
  const flags = { dev: false, dataDir: '' }
  const saved = process.env['DEAD_LETTER_KEY']
  process.env['DEAD_LETTER_KEY'] = current.bytes.toString('base64')
  try {
    const ring = readKeyRing(loadConfig(env), flags)
    assert.deepEqual([ring.of('k0'), ring.of('k1'), ring.of('k7')], [former, current, current])
    assert.throws(() => readKeyRing(loadConfig({ DEAD_LETTER_OLD_KEYS: 'k0=secret' }), flags), {
      message: /^DEAD_LETTER_OLD_KEYS: expected ID=KEY((?!secret).)*$/,
    })
  } finally {
    if (saved === undefined) delete process.env['DEAD_LETTER_KEY']
    else process.env['DEAD_LETTER_KEY'] = saved
  }
})
