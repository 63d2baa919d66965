import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { formatOf } from '../../../cli/report/formats.ts'
import { day, yearOf } from '../../../cli/report/report-options.ts'
import { requireWritable, write } from '../../../cli/report/write.ts'

test('days are those of a calendar', () => {
  assert.equal(day('2024-02-29'), '2024-02-29')
  for (const none of [
    '2026-02-29',
    '2026-02-30',
    '2026-13-01',
    '2026-1-1',
    'yesterday',
    '',
    '2026-01-01T00:00',
  ])
    assert.throws(() => day(none), /like 2026-01-31/)
})

test('years are those of the table of plays', () => {
  assert.equal(yearOf('1900'), 1900)
  for (const none of ['1899', '2300', '26', '2026.5', '', 'NaN'])
    assert.throws(() => yearOf(none), /1900 to 2299/)
})

test('the ending of a file says its format, and anything else is JSON', () => {
  const files = ['a.html', 'a.CSV', 'b.json', 'c.txt', 'html', 'a.toString', undefined]
  assert.deepEqual(files.map(formatOf), ['html', 'csv', 'json', 'json', 'json', 'json', 'json'])
})

test('a file is written whole, in place of what it was, and nothing is left beside it', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'continuo-report-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'report.json')
  await requireWritable(file)
  await write('first', file)
  await requireWritable(file)
  await write('second', file)
  assert.equal(await readFile(file, 'utf8'), 'second')
  assert.deepEqual(await readdir(folder), ['report.json'])
})

test('what is no place for a file is refused, with what to do', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'continuo-report-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  await assert.rejects(requireWritable(join(folder, 'none', 'report.json')), /there is no folder .*: make it/)
  await mkdir(join(folder, 'a.html'))
  await assert.rejects(requireWritable(join(folder, 'a.html')), /is no file: name one/)
  // It would be replaced by a file.
  await assert.rejects(requireWritable('/dev/null'), /is no file/)
})
