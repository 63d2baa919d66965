import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { Command } from 'commander'
import { type KeyFlags, readKeys, withKeyFlags } from '../../cli/keys.ts'
import { developmentKeys } from '../../cli/supervisor/dev-keys.ts'

async function folder(t: TestContext): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'continuo-keys-'))
  t.after(() => rm(dataDir, { recursive: true }))
  return dataDir
}

const own = Buffer.alloc(32, 7)

test('with --dev missing keys are those of the development stack; what the environment sets wins', async (t) => {
  const dataDir = await folder(t)
  const saved = developmentKeys(join(dataDir, 'dev-keys.json'), () => {})
  const env = { TOKEN_KEY: own.toString('base64') }
  assert.deepEqual(readKeys(['PSEUDONYM_KEY', 'TOKEN_KEY'], { dev: true, dataDir }, env), {
    PSEUDONYM_KEY: Buffer.from(saved.PSEUDONYM_KEY, 'base64'),
    TOKEN_KEY: own,
  })
})

test('beside a development stack a missing key is never told to be made, but where it is', async (t) => {
  const dataDir = await folder(t)
  const file = join(dataDir, 'dev-keys.json')
  developmentKeys(file, () => {})
  assert.throws(() => readKeys(['PSEUDONYM_KEY', 'DEAD_LETTER_KEY'], { dev: false, dataDir }, {}), {
    name: 'ConfigError',
    message: `PSEUDONYM_KEY and DEAD_LETTER_KEY are not set. The development stack's keys are in ${file}: add --dev`,
  })
})

test('without a development stack --dev says how to get one', async (t) => {
  const dataDir = await folder(t)
  assert.throws(() => readKeys(['TOKEN_KEY'], { dev: true, dataDir }, {}), {
    name: 'ConfigError',
    message:
      /^TOKEN_KEY is not set, and there are no development keys in .*dev-keys\.json: `npm start` makes them/,
  })
})

test('keys that the environment sets need no file, with --dev or without', async (t) => {
  const dataDir = await folder(t)
  await writeFile(join(dataDir, 'dev-keys.json'), 'damaged')
  const env = { TOKEN_KEY: own.toString('base64') }
  for (const dev of [true, false])
    assert.deepEqual(readKeys(['TOKEN_KEY'], { dev, dataDir }, env), { TOKEN_KEY: own })
})

test('the flags are options of the verb', () => {
  const command = withKeyFlags(new Command('verb'))
  assert.equal(command.opts<KeyFlags>().dev, false)
  command.parse(['--dev', '--data-dir', '/elsewhere'], { from: 'user' })
  assert.deepEqual(command.opts<KeyFlags>(), { dev: true, dataDir: '/elsewhere' })
})
