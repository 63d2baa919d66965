import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { openRing, settled, withPendingEpoch, wrapped } from '../../../cli/privacy/key-ring.ts'
import { localWrapper } from '../../../cli/privacy/key-wrapper.ts'
import { openedRing, readPseudonyms } from '../../../cli/privacy/read-pseudonyms.ts'
import { type Ring, readRing, replaceRing } from '../../../cli/privacy/ring-file.ts'
import { wrappersOf } from '../../../cli/privacy/wrappers.ts'
import { pseudonyms } from '../../../schemas/pseudonym.ts'

const flags = { dev: false, dataDir: '/nowhere' }
const first = Buffer.alloc(32, 1)
const [w1, w2] = ['w1', 'w2'].map((id) => ({ id, bytes: randomBytes(32) })) as [
  { id: string; bytes: Buffer },
  { id: string; bytes: Buffer },
]
const named = (...keys: { id: string; bytes: Buffer }[]) =>
  keys.map(({ id, bytes }) => `${id}=${bytes.toString('base64')}`).join()

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'continuo-ring-'))
  t.after(() => rmSync(made, { recursive: true }))
  return made
}

const ringOf = async (key = first): Promise<Ring> => ({
  epochs: [await wrapped(1, key, localWrapper(w1))],
})

/** A file with a ring, and the environment of who uses it. */
async function kept(t: TestContext, ring?: Ring) {
  const file = join(folder(t), 'ring.json')
  replaceRing(file, undefined, ring ?? (await ringOf()))
  return { file, env: { PSEUDONYM_KEYS: file, WRAPPING_KEYS: named(w1) } }
}

test('what is wrapped opens with its wrapping key, of its epoch, unchanged, and else not at all', async () => {
  const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes))
  await fc.assert(
    fc.asyncProperty(key, key, fc.integer({ min: 0, max: 59 }), async (wrapping, secret, at) => {
      const wrapper = localWrapper({ id: 'w', bytes: wrapping })
      const each = await wrapped(1, secret, wrapper)
      assert.deepEqual(await openRing({ epochs: [each] }, [wrapper]), [secret])
      const bytes = Buffer.from(each.wrapped, 'base64')
      bytes[at]! ^= 1
      const refused = /the key of epoch \d in PSEUDONYM_KEYS does not open by w of WRAPPING_KEYS/
      const changed = { ...each, wrapped: bytes.toString('base64') }
      await assert.rejects(openRing({ epochs: [changed] }, [wrapper]), refused)
      await assert.rejects(openRing({ epochs: [{ ...each, epoch: 2 }] }, [wrapper]), refused)
      const other = localWrapper({ id: 'w', bytes: randomBytes(32) })
      await assert.rejects(openRing({ epochs: [each] }, [other]), refused)
    }),
    { numRuns: 30 },
  )
})

test('pseudonyms of a ring are those of its epochs in a chain', async (t) => {
  const ring = settled(await withPendingEpoch(await ringOf(), localWrapper(w1)))
  const { env } = await kept(t, ring)
  const { pseudonyms: read } = await readPseudonyms(flags, [], env)
  const keys = await openedRing(ring, { WRAPPING_KEYS: named(w1), WRAPPING_KEYS_FILE: '' }, {})
  assert.equal(read.listener('ada'), pseudonyms(keys).listener('ada'))
  assert.equal(read.listener('ada'), pseudonyms([keys[1]!]).listener(pseudonyms([first]).listener('ada')))
  assert.ok(read.firstKey.equals(first))
})

test('a key alone is epoch 1, not wrapped; beside a ring it has to be its first', async (t) => {
  const plain = { PSEUDONYM_KEY: first.toString('base64') }
  const { pseudonyms: read } = await readPseudonyms(flags, [], plain)
  assert.equal(read.listener('ada'), pseudonyms([first]).listener('ada'))
  const { env } = await kept(t)
  const both = await readPseudonyms(flags, [], { ...env, ...plain })
  assert.equal(both.pseudonyms.listener('ada'), read.listener('ada'))
  const other = { ...env, PSEUDONYM_KEY: randomBytes(32).toString('base64') }
  await assert.rejects(readPseudonyms(flags, [], other), {
    name: 'ConfigError',
    message: /PSEUDONYM_KEY and PSEUDONYM_KEYS are both set, and do not have the same first key/,
  })
})

test('an unknown wrapping key, a ring that is pending, missing or damaged: refused, with the remedy', async (t) => {
  const { file, env } = await kept(t)
  const refused = (changes: NodeJS.ProcessEnv, message: RegExp) =>
    assert.rejects(readPseudonyms(flags, [], { ...env, ...changes }), { name: 'ConfigError', message })
  await refused({ WRAPPING_KEYS: named(w2) }, /WRAPPING_KEYS has no key w1.*add it as ID=KEY/)
  await refused({ WRAPPING_KEYS: '' }, /WRAPPING_KEYS has no key w1/)
  await refused({ WRAPPING_KEYS: 'w1=short' }, /^WRAPPING_KEYS: expected ID=KEY((?!short).)*$/)
  await refused({ WRAPPING_KEYS_FILE: file }, /WRAPPING_KEYS and WRAPPING_KEYS_FILE are both set/)
  await refused({ WRAPPING_KEYS: '', WRAPPING_KEYS_FILE: '/nowhere/w' }, /WRAPPING_KEYS_FILE: cannot read/)
  await refused({ PSEUDONYM_KEYS: '/nowhere/ring' }, /there is no file .*continuo privacy rotate/)
  const ring = readRing(file)
  const pending = await withPendingEpoch(ring, localWrapper(w1))
  for (const [text, message] of [
    [JSON.stringify(pending), /epoch 2 of PSEUDONYM_KEYS is pending.*privacy rekey.*run it again/],
    ['{"epochs": [', /cannot be read, or is no JSON: restore it/],
    ['{"epochs": []}', /is no key ring: \/epochs must NOT have fewer than 1 items/],
    [JSON.stringify({ epochs: [pending.epochs[1]] }), /each epoch once, in order/],
    [JSON.stringify({ epochs: [...ring.epochs, ...ring.epochs] }), /each epoch once, in order/],
    [JSON.stringify({ epochs: [{ ...ring.epochs[0], pending: true }] }), /each epoch once, in order/],
  ] as const) {
    writeFileSync(file, text)
    await refused({}, message)
  }
})

test('wrapping keys come from a file, a line each, as well', async (t) => {
  const { env } = await kept(t)
  const file = join(folder(t), 'wrapping')
  writeFileSync(file, `${named(w2)}\n\n${named(w1)}\n`)
  const read = await readPseudonyms(flags, [], { ...env, WRAPPING_KEYS: '', WRAPPING_KEYS_FILE: file })
  assert.ok(read.pseudonyms.firstKey.equals(first))
  assert.deepEqual(
    wrappersOf({ WRAPPING_KEYS: '', WRAPPING_KEYS_FILE: file }).map(({ id }) => id),
    ['w2', 'w1'],
  )
})

test('a ring is replaced whole, is its owner’s alone, and never in the place of one that nobody has read', async (t) => {
  const { file } = await kept(t)
  const ring = readRing(file)
  const next = await withPendingEpoch(ring, localWrapper(w1))
  replaceRing(file, ring, next)
  assert.deepEqual(readRing(file), next)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.throws(() => replaceRing(file, ring, ring), /has been changed meanwhile/)
  assert.deepEqual(readRing(file), next)
  assert.deepEqual(readdirSync(join(file, '..')), ['ring.json'], 'nothing is left beside it')
  assert.ok(!readFileSync(file, 'utf8').includes(first.toString('base64')))
})

test('a ring that somebody holds is left alone; what was killed on its way names itself', async (t) => {
  const { file } = await kept(t)
  const ring = readRing(file)
  writeFileSync(`${file}.new`, '')
  assert.throws(() => replaceRing(file, ring, ring), {
    name: 'ConfigError',
    message: /ring\.json\.new is there/,
  })
  assert.throws(() => replaceRing(file, undefined, ring), /ring\.json\.new is there/)
  rmSync(`${file}.new`)
  assert.throws(() => replaceRing(file, undefined, ring), /is there already/)
  assert.deepEqual(readdirSync(join(file, '..')), ['ring.json'])
})

test('a link stays a link, and a mode as it was set', async (t) => {
  const { file } = await kept(t)
  chmodSync(file, 0o640)
  const link = join(folder(t), 'link')
  symlinkSync(file, link)
  const ring = readRing(link)
  const next = await withPendingEpoch(ring, localWrapper(w1))
  replaceRing(link, ring, next)
  assert.deepEqual(readRing(file), next)
  assert.ok(lstatSync(link).isSymbolicLink())
  assert.equal(statSync(file).mode & 0o777, 0o640)
})

test('a ring with a pending epoch gets no further one', async () => {
  const pending = await withPendingEpoch(await ringOf(), localWrapper(w1))
  await assert.rejects(withPendingEpoch(pending, localWrapper(w1)), {
    name: 'ConfigError',
    message: /epoch 2 is pending/,
  })
})
