import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { developmentKeys, keyNames, requireKeys } from '../../../cli/supervisor/dev-keys.ts'

async function keyFile(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'continuo-keys-'))
  t.after(() => rm(folder, { recursive: true }))
  return join(folder, 'data', 'dev-keys.json')
}

test('development keys are made once, kept for their owner alone, and told', async (t) => {
  const file = await keyFile(t)
  const lines: string[] = []
  const keys = developmentKeys(file, (line) => lines.push(line))
  requireKeys(keys)
  assert.equal(new Set(keyNames.map((name) => keys[name])).size, 5)
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  assert.deepEqual(lines, [
    `Made development keys for pseudonyms, dead letters, tokens and pushes, kept in ${file}`,
  ])
  assert.deepEqual(
    developmentKeys(file, () => assert.fail('told again')),
    keys,
  )
})

test('a key file of an older release keeps its keys, and gets those that are new', async (t) => {
  const file = await keyFile(t)
  const { PUSH_KEY: _, VAPID_KEY: __, ...old } = developmentKeys(file, () => {})
  await writeFile(file, JSON.stringify(old))
  const lines: string[] = []
  const keys = developmentKeys(file, (line) => lines.push(line))
  requireKeys(keys)
  assert.deepEqual({ ...keys, ...old }, keys)
  assert.equal(lines.length, 1)
  assert.deepEqual(
    developmentKeys(file, () => assert.fail('told again')),
    keys,
  )
})

test('a key file that is damaged is refused, never replaced', async (t) => {
  const file = await keyFile(t)
  developmentKeys(file, () => {})
  for (const text of ['{"PSEUDONYM_KEY":', '{"PSEUDONYM_KEY":"c2hvcnQ="}']) {
    await writeFile(file, text)
    assert.throws(() => developmentKeys(file, () => {}), {
      name: 'ConfigError',
      message: /cannot be used [^]*restore the file/,
    })
    assert.equal(await readFile(file, 'utf8'), text)
  }
})

test('missing keys are refused by name, with how to make one', () => {
  assert.throws(() => {
    requireKeys({})
  }, /PSEUDONYM_KEY, DEAD_LETTER_KEY, TOKEN_KEY, PUSH_KEY and VAPID_KEY are not set.*openssl rand -base64 32/)
})
