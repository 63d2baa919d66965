import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { identify, isAlive } from '../../../stack/process/identity.ts'
import { lockDataFolder } from '../../../stack/process/lock.ts'

async function folder(t: TestContext): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'continuo-lock-'))
  t.after(() => rm(dataDir, { recursive: true }))
  return dataDir
}

test('a data folder has one owner at a time, and the refusal names it', async (t) => {
  const dataDir = await folder(t)
  const unlock = lockDataFolder(dataDir)
  assert.throws(() => lockDataFolder(dataDir), {
    code: 'data_folder_locked',
    message: `the data folder ${dataDir} is in use by process ${process.pid}: stop it first (kill ${process.pid}), or start with another folder (--data-dir)`,
  })
  unlock()
  lockDataFolder(dataDir)()
})

test('the lock of a process that is gone, or half of one, is taken over', async (t) => {
  const dataDir = await folder(t)
  lockDataFolder(dataDir)()
  for (const left of [JSON.stringify({ pid: process.pid, started: 'long ago' }), '{"pid":']) {
    await writeFile(join(dataDir, 'run', 'lock.json'), left)
    lockDataFolder(dataDir)()
  }
})

test('a process is told from a later one of the same number', () => {
  const me = identify(process.pid)
  assert.ok(me && isAlive(me))
  assert.equal(isAlive({ ...me, started: 'another time' }), false)
  assert.equal(identify(2 ** 30), undefined)
})

test('elsewhere than on Linux ps tells when a process was started', () => {
  const me = identify(process.pid, 'darwin')
  assert.match(me?.started ?? '', /\d\d:\d\d:\d\d/)
  assert.deepEqual(identify(process.pid, 'darwin'), me)
  assert.equal(identify(2 ** 30, 'darwin'), undefined)
})
