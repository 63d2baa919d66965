import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { withPendingEpoch } from '../../../cli/privacy/key-ring.ts'
import { localWrapper } from '../../../cli/privacy/key-wrapper.ts'
import { readPseudonyms } from '../../../cli/privacy/read-pseudonyms.ts'
import { readRing, replaceRing } from '../../../cli/privacy/ring-file.ts'
import { pseudonyms } from '../../../schemas/pseudonym.ts'

const program = join(import.meta.dirname, '../../../cli/main.ts')
const secrets = Array.from({ length: 3 }, () => randomBytes(32))
const [first, w1, w2] = secrets.map((bytes) => bytes.toString('base64')) as [string, string, string]
const flags = { dev: false, dataDir: '/nowhere' }

/** `continuo privacy …`; whatever it says, there is no key in it. */
function privacy(args: string[], env: NodeJS.ProcessEnv) {
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const all = { ...process.env, PSEUDONYM_KEY: undefined, ...env }
    const child = execFile(
      process.execPath,
      [program, 'privacy', ...args],
      { env: all },
      (_, stdout, stderr) => {
        for (const secret of [first, w1, w2]) assert.ok(!`${stdout}${stderr}`.includes(secret))
        resolve({ code: child.exitCode ?? -1, stdout, stderr })
      },
    )
  })
}

function ringFile(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'continuo-privacy-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return join(folder, 'ring.json')
}

test('a key becomes a ring, the ring is wrapped anew, and no pseudonym changes', async (t) => {
  const PSEUDONYM_KEYS = ringFile(t)
  const env = { PSEUDONYM_KEYS, PSEUDONYM_KEY: first, WRAPPING_KEYS: `w1=${w1}` }
  const made = await privacy(['rotate', '--new'], env)
  assert.equal(made.stdout, `made ${PSEUDONYM_KEYS}: epoch 1 is wrapped by w1\n`)
  const both = `w1=${w1},w2=${w2}`
  const rotated = await privacy(['rotate', '--to', 'w2'], { PSEUDONYM_KEYS, WRAPPING_KEYS: both })
  assert.equal(rotated.stdout, 'epoch 1 is wrapped by w2\n')
  const listed = await privacy(['keys'], { PSEUDONYM_KEYS })
  assert.equal(listed.stdout, 'epoch 1: wrapped by w2; in use\n')

  const now = await readPseudonyms(flags, [], { PSEUDONYM_KEYS, WRAPPING_KEYS: `w2=${w2}` })
  assert.equal(now.pseudonyms.listener('ada'), pseudonyms([Buffer.from(first, 'base64')]).listener('ada'))
  const old = readPseudonyms(flags, [], { PSEUDONYM_KEYS, WRAPPING_KEYS: `w1=${w1}` })
  await assert.rejects(old, /WRAPPING_KEYS has no key w2/)
})

test('without a ring there is one key, in the environment', async () => {
  const { stdout } = await privacy(['keys'], { PSEUDONYM_KEYS: undefined })
  assert.equal(stdout, 'epoch 1: PSEUDONYM_KEY, not wrapped; in use\n')
})

test('nothing is wrapped without a file, a wrapping key or a key, nor while an epoch is pending', async (t) => {
  const PSEUDONYM_KEYS = ringFile(t)
  const all = { PSEUDONYM_KEYS, PSEUDONYM_KEY: first, WRAPPING_KEYS: `w1=${w1}` }
  for (const [args, changes, message] of [
    [[], { PSEUDONYM_KEYS: undefined }, /PSEUDONYM_KEYS is not set: name the file/],
    [[], { WRAPPING_KEYS: undefined }, /WRAPPING_KEYS is not set.*openssl rand/],
    [['--to', 'w9'], {}, /WRAPPING_KEYS has no key w9: add it as w9=KEY/],
    [['--data-dir', '/nowhere'], { PSEUDONYM_KEY: undefined }, /PSEUDONYM_KEY is not set/],
  ] as const) {
    const { code, stderr } = await privacy(['rotate', '--new', ...args], { ...all, ...changes })
    assert.match(stderr, message)
    assert.equal(code, 1)
    assert.ok(!existsSync(PSEUDONYM_KEYS))
  }
  await privacy(['rotate', '--new'], all)
  const ring = readRing(PSEUDONYM_KEYS)
  const wrapper = localWrapper({ id: 'w1', bytes: Buffer.from(w1, 'base64') })
  replaceRing(PSEUDONYM_KEYS, ring, await withPendingEpoch(ring, wrapper))
  const { stderr } = await privacy(['rotate'], all)
  assert.match(stderr, /epoch 2 is pending: end `continuo privacy rekey` first/)
  const listed = await privacy(['keys'], all)
  assert.equal(listed.stdout, 'epoch 1: wrapped by w1; in use\nepoch 2: wrapped by w1; pending\n')
})

test('a routine rotation makes no file: one that is missing, or there already, is refused', async (t) => {
  const PSEUDONYM_KEYS = ringFile(t)
  const all = { PSEUDONYM_KEYS, PSEUDONYM_KEY: first, WRAPPING_KEYS: `w1=${w1}` }
  const { code, stderr } = await privacy(['rotate'], all)
  assert.match(stderr, /there is no file .*: restore it, or, .*rotate --new/)
  assert.deepEqual([code, existsSync(PSEUDONYM_KEYS)], [1, false])
  await privacy(['rotate', '--new'], all)
  const ring = readRing(PSEUDONYM_KEYS)
  assert.match((await privacy(['rotate', '--new'], all)).stderr, /is there already: a key ring is made once/)
  assert.deepEqual(readRing(PSEUDONYM_KEYS), ring)
})

test('two wrapping keys of one id are refused before anything is wrapped', async (t) => {
  const PSEUDONYM_KEYS = ringFile(t)
  const all = { PSEUDONYM_KEYS, PSEUDONYM_KEY: first, WRAPPING_KEYS: `w1=${w1}` }
  await privacy(['rotate', '--new'], all)
  const ring = readRing(PSEUDONYM_KEYS)
  const twice = { ...all, WRAPPING_KEYS: `w1=${w1},w2=${w1},w2=${w2}` }
  const { code, stderr } = await privacy(['rotate', '--to', 'w2'], twice)
  assert.match(stderr, /WRAPPING_KEYS has w2 twice/)
  assert.equal(code, 1)
  assert.deepEqual(readRing(PSEUDONYM_KEYS), ring)
})
