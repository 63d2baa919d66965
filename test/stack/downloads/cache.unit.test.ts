import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { cached, cacheFolder } from '../../../stack/downloads/cache.ts'
import { someDownloads } from './some-downloads.ts'

test('a download is made once, with a line that says so', async (t) => {
  const downloads = await someDownloads(t)
  const fill = (folder: string) => writeFile(join(folder, 'file'), 'content')
  const first = await cached(downloads, 'thing-1.0', 'a thing', fill)
  const again = await cached(downloads, 'thing-1.0', 'a thing', () => assert.fail('downloaded again'))
  assert.equal(again, first)
  assert.equal(await readFile(join(first, 'file'), 'utf8'), 'content')
  assert.deepEqual(downloads.lines, ['Downloading a thing …'])
})

test('two that need the same download at once share it', async (t) => {
  const downloads = await someDownloads(t)
  let fills = 0
  const fill = () => {
    fills++
    return Promise.resolve()
  }
  const need = () => cached(downloads, 'thing-1.0', 'a thing', fill)
  const [one, other] = await Promise.all([need(), need()])
  assert.equal(one, other)
  assert.equal(fills, 1)
})

test('a download that fails leaves nothing, and is tried again the next time', async (t) => {
  const downloads = await someDownloads(t)
  const broken = async (folder: string) => {
    await writeFile(join(folder, 'half'), 'of it')
    throw new Error('connection reset')
  }
  await assert.rejects(cached(downloads, 'thing-1.0', 'a thing', broken), /connection reset/)
  assert.deepEqual(await readdir(downloads.folder), [])
  await cached(downloads, 'thing-1.0', 'a thing', () => Promise.resolve())
  assert.deepEqual(await readdir(downloads.folder), ['thing-1.0'])
})

test('where another start was faster, its download is used', async (t) => {
  const downloads = await someDownloads(t)
  const folder = await cached(downloads, 'thing-1.0', 'a thing', async () => {
    await mkdir(join(downloads.folder, 'thing-1.0'))
    await writeFile(join(downloads.folder, 'thing-1.0', 'file'), 'theirs')
  })
  assert.equal(await readFile(join(folder, 'file'), 'utf8'), 'theirs')
})

test('a disk that fills up on the way is named as the cause', async (t) => {
  const downloads = await someDownloads(t)
  const full = () => Promise.reject(new Error("ENOSPC: no space left on device, write '/cache/file'"))
  await assert.rejects(cached(downloads, 'thing-1.0', 'a thing', full), { code: 'disk_full' })
})

test('the cache is where CONTINUO_CACHE says, else in the cache folder of the user', () => {
  assert.equal(cacheFolder({ CONTINUO_CACHE: '/big/disk' }), '/big/disk')
  assert.equal(cacheFolder({ XDG_CACHE_HOME: '/xdg' }), '/xdg/continuo')
  assert.equal(cacheFolder({}), join(homedir(), '.cache', 'continuo'))
})
