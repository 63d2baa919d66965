import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { strToU8, zipSync } from 'fflate'
import { spotify, tryImport } from '../../../../sources/import/index.ts'
import { someRows } from '../some-rows.ts'

const rows = someRows(20)
const json = (from: number, to: number) => JSON.stringify(rows.slice(from, to))
const now = () => Date.UTC(2026, 0, 1)

async function folder(t: TestContext, files: Record<string, string | Uint8Array>): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'continuo-files-'))
  t.after(() => rm(dir, { recursive: true }))
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(dir, name, '..'), { recursive: true })
    await writeFile(join(dir, name), content)
  }
  return dir
}

const reading = (...paths: string[]) => tryImport({ format: spotify, paths, listenerOf: () => 'ada', now })

const counts = ({ files, read, sent, alreadyImported, others }: Awaited<ReturnType<typeof reading>>) => ({
  files,
  read,
  sent,
  alreadyImported,
  others,
})

test('a folder with folders, archives and files of other kinds in it', async (t) => {
  const dir = await folder(t, {
    'StreamingHistory0.json': json(0, 5),
    'more/StreamingHistory1.json.gz': gzipSync(json(5, 10)),
    'more/Playlist1.json': '{}',
    'more/ReadMeFirst.pdf': '%PDF-1.4',
    'more/.StreamingHistory2.json': json(10, 15),
    'MyData.zip': zipSync({
      'Spotify/StreamingHistory_music_0.json': strToU8(json(8, 12)),
      'Spotify/endsong_0.json.gz': gzipSync(json(12, 14)),
      'Spotify/Userdata.json': strToU8('{}'),
      '__MACOSX/Spotify/._StreamingHistory_music_0.json': strToU8('x'),
    }),
    'photos.zip': zipSync({ 'a.jpg': strToU8('x') }),
  })
  const report = await reading(dir)
  assert.deepEqual(counts(report), { files: 4, read: 16, sent: 14, alreadyImported: 2, others: 4 })
  assert.deepEqual([report.unreadable, report.incomplete], [[], []])
})

test('what is named itself is read whatever it is called: JSON, gzip, zip, UTF-8 with a mark, UTF-16', async (t) => {
  const files = {
    'a.txt': json(0, 2),
    b: gzipSync(json(2, 4)),
    'c.json': zipSync({ 'StreamingHistory0.json': strToU8(json(4, 6)) }),
    'd.json': `\uFEFF${json(6, 8)}`,
    'e.json': Buffer.from(`\uFEFF${json(8, 10)}`, 'utf16le'),
    'f.json': Buffer.from(json(10, 12), 'utf16le'),
    'g.json': Buffer.from(`\uFEFF${json(12, 14)}`, 'utf16le').swap16(),
  }
  const dir = await folder(t, files)
  const report = await reading(...Object.keys(files).map((name) => join(dir, name)))
  assert.deepEqual(counts(report), { files: 7, read: 14, sent: 14, alreadyImported: 0, others: 0 })
})

test('what cannot be read is named, and the others go on', async (t) => {
  const whole = gzipSync(JSON.stringify(someRows(2_000)))
  const zip = zipSync({ 'StreamingHistory0.json': strToU8(json(0, 20)) })
  const files = {
    'no-json.json': 'hello',
    'latin1.json': Buffer.from('["Beyonc\xe9"]', 'latin1'),
    'cut.json': json(0, 3).slice(0, -4),
    'cut.json.gz': whole.subarray(0, whole.length / 2),
    'damaged.json.gz': Buffer.concat([whole.subarray(0, 10), Buffer.alloc(50, 7)]),
    'cut.zip': zip.subarray(0, zip.length - 10),
    'damaged.zip': Buffer.from(zip).fill(0xff, 60, 70),
    'empty.json': '',
    'other.zip': zipSync({ 'a.jpg': strToU8('x') }),
    'good.json': json(0, 20),
  }
  const dir = await folder(t, files)
  await mkdir(join(dir, 'empty'))
  const report = await reading(...[...Object.keys(files), 'empty', 'nowhere'].map((name) => join(dir, name)))
  const named = (troubles: { path: string; why: string }[]) =>
    Object.fromEntries(troubles.map(({ path, why }) => [path.slice(dir.length + 1), why.slice(0, 22)]))
  assert.deepEqual(named(report.unreadable), {
    'cut.zip': 'it cannot be read: End',
    'other.zip': 'it holds no file of su',
    empty: 'it holds no file of su',
    nowhere: 'it cannot be read: ENO',
    'no-json.json': 'it is no JSON: give th',
    'empty.json': 'it is empty',
    'damaged.json.gz': 'it is damaged (invalid',
    'damaged.zip/StreamingHistory0.json': 'it is damaged (invalid',
  })
  assert.deepEqual(named(report.incomplete), {
    'cut.json': 'it ends in the middle:',
    'cut.json.gz': 'it is damaged (unexpec',
  })
  const { cut_off: cutOff, ...others } = report.skipped
  assert.deepEqual(others, { not_utf8: 1 })
  assert.equal(report.read, report.sent + report.alreadyImported + cutOff! + 1)
  assert.ok(report.sent > 20)
})

test('an entry of an archive that is not what was packed is named, as it is known at its end', async (t) => {
  const entries = ['StreamingHistory0.json', 'StreamingHistory1.json']
  const texts = [json(0, 5), json(5, 10)]
  const stored = zipSync(Object.fromEntries(entries.map((name, at) => [name, strToU8(texts[at]!)])), {
    level: 0,
  })
  const damaged = Buffer.from(stored)
  const digit = damaged.lastIndexOf('"msPlayed":') + '"msPlayed":'.length
  damaged[digit] = damaged[digit] === 0x31 ? 0x32 : 0x31
  const dir = await folder(t, { 'stored.zip': stored, 'damaged.zip': damaged })
  assert.deepEqual((await reading(join(dir, 'stored.zip'))).incomplete, [])
  const report = await reading(join(dir, 'damaged.zip'))
  assert.deepEqual(report.incomplete, [
    {
      path: join(dir, 'damaged.zip', entries[1]!),
      why: 'it is damaged (its checksum is another): copy or download it again',
    },
  ])
})

test('several listeners: by folder or archive, each with a count of their own', async (t) => {
  const dir = await folder(t, {
    'ada/StreamingHistory0.json': json(0, 5),
    'bob.zip': zipSync({ 'My Data/StreamingHistory0.json': strToU8(json(0, 7)) }),
    'StreamingHistory0.json': json(0, 1),
  })
  const listenerOf = ({ within }: { within: string }) => /^(ada|bob)/.exec(within)?.[1]
  const report = await tryImport({ format: spotify, paths: [dir], listenerOf, now })
  assert.deepEqual(
    report.listeners.map(({ sent }) => sent),
    [5, 7],
  )
  assert.match(report.unreadable[0]!.why, /names no listener: give --user/)
})

test('links that lead back end nothing, and no folder is read twice', async (t) => {
  const dir = await folder(t, {
    'StreamingHistory0.json': json(0, 5),
    'more/StreamingHistory1.json': json(5, 9),
  })
  await symlink('.', join(dir, 'a'))
  await symlink('..', join(dir, 'more/b'))
  await symlink('more', join(dir, 'z'))
  const report = await reading(dir)
  assert.deepEqual(counts(report), { files: 2, read: 9, sent: 9, alreadyImported: 0, others: 3 })
})

test('an archive with names that lead out of it: they are named, and its other files are read', async (t) => {
  const dir = await folder(t, {
    'ada.zip': zipSync({
      'StreamingHistory0.json': strToU8(json(0, 5)),
      '../bob/StreamingHistory1.json': strToU8(json(5, 10)),
      '../evil.exe': strToU8('x'),
      '/etc/StreamingHistory2.json': strToU8(json(10, 12)),
      'My Data\\StreamingHistory3.json': strToU8(json(12, 15)),
    }),
  })
  const listenerOf = ({ within }: { within: string }) => within.split('/')[0]!.replace('.zip', '')
  const report = await tryImport({ format: spotify, paths: [dir], listenerOf, now })
  assert.deepEqual(counts(report), { files: 3, read: 10, sent: 10, alreadyImported: 0, others: 1 })
  assert.equal(report.listeners.length, 1)
  assert.deepEqual(report.unreadable, [
    {
      path: join(dir, 'ada.zip') + '/../bob/StreamingHistory1.json',
      why: 'its name leads out of the archive: unpack it',
    },
  ])
})

test('an archive in an archive is another file; an encrypted one says what to do', async (t) => {
  const inner = zipSync({ 'StreamingHistory0.json': strToU8(json(0, 5)) })
  const encrypted = Buffer.from(zipSync({ 'StreamingHistory1.json': strToU8(json(5, 9)) }))
  // The first bit of the flags, in the header of the file and in that of the directory.
  encrypted[6]! |= 1
  encrypted[encrypted.indexOf('PK\x01\x02') + 8]! |= 1
  const dir = await folder(t, { 'inner.zip': zipSync({ 'inner.zip': inner }), 'encrypted.zip': encrypted })
  const report = await reading(dir)
  assert.deepEqual(counts(report), { files: 0, read: 0, sent: 0, alreadyImported: 0, others: 1 })
  assert.match(report.unreadable[0]!.why, /encrypted.*unpack it/)
})

test('what the system refuses is not said to be damaged', async (t) => {
  const dir = await folder(t, { 'StreamingHistory0.json': json(0, 5) })
  const listenerOf = () => {
    rmSync(join(dir, 'StreamingHistory0.json'))
    return 'ada'
  }
  const report = await tryImport({ format: spotify, paths: [dir], listenerOf, now })
  assert.match(report.unreadable[0]!.why, /^it cannot be read: ENOENT/)
})

test('files of nobody and unreadable ones are not counted as read, and progress ends where all is done', async (t) => {
  const dir = await folder(t, {
    'ada/StreamingHistory0.json': json(0, 5),
    'ada/StreamingHistory1.json': `hello${' '.repeat(300_000)}`,
    'StreamingHistory2.json': json(0, 5),
  })
  const steps: [done: number, total: number][] = []
  const report = await tryImport({
    format: spotify,
    paths: [dir],
    now,
    listenerOf: ({ within }) => /^(ada)/.exec(within)?.[1],
    onProgress: (_, ...step) => steps.push(step),
  })
  assert.equal(report.files, 1)
  assert.deepEqual(report.unreadable.map(({ path }) => path.slice(dir.length)).sort(), [
    '/StreamingHistory2.json',
    '/ada/StreamingHistory1.json',
  ])
  const [done, total] = steps.at(-1)!
  assert.equal(done, total)
  assert.ok(report.listeners.every((each) => !('listener' in each)))
})
