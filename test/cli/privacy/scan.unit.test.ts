import assert from 'node:assert/strict'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { scanCommand } from '../../../cli/privacy/scan-command.ts'
import { needlesOf, readIdentifiers } from '../../../cli/privacy/identifiers.ts'
import { filesPlace } from '../../../cli/privacy/places/files.ts'
import { textRows } from '../../../cli/privacy/places/text-rows.ts'
import { exitCodeOf, linesOf, reportOf } from '../../../cli/privacy/report.ts'
import { Looking } from '../../../cli/privacy/search/looking.ts'
import { Needles } from '../../../cli/privacy/search/needles.ts'

const ADA = 'ada@example.org'
const BOB = 'bob@example.org'
const advance = { begin: () => undefined, by: () => undefined }
const lookingFor = (...identifiers: string[]) => new Looking('there', new Needles(needlesOf(identifiers)))

async function folderOf(t: TestContext, files: Record<string, string | Buffer>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'privacy-'))
  t.after(() => rm(folder, { recursive: true }))
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
  return folder
}

test('files are looked through, gzipped ones too; what cannot be looked into is said', async (t) => {
  const folder = await folderOf(t, {
    'a.log': `x ${ADA}`,
    'b.log.gz': gzipSync(`${'y'.repeat(3_000_000)}${ADA}`),
    'c.log.zst': 'packed',
    'd.log.gz': gzipSync(ADA.repeat(99)).subarray(0, -9),
    'e.bin': gzipSync(`not called so ${ADA}`),
    [`${ADA}.log`]: '',
  })
  const looking = lookingFor(ADA)
  await filesPlace({ paths: [folder], asked: false }).look(looking, advance)
  const told = looking.findings.map(
    ({ container, examples }) => `${container.slice(folder.length + 1)}: ${examples.join()}`,
  )
  assert.deepEqual(told.sort(), [
    '[#1].log: its name',
    'a.log: byte 2',
    'b.log.gz: byte 3000000, gunzipped',
    'd.log.gz: byte 0, gunzipped,byte 15, gunzipped,byte 30, gunzipped',
    'e.bin: byte 14, gunzipped',
  ])
  assert.match(
    looking.problems.join('\n'),
    /c\.log\.zst: unpack it first[^]*d\.log\.gz, byte 0: it cannot be gunzipped, unexpected end of file/,
  )
  assert.equal(looking.containers, 6)
})

test('links to files are followed; one to a folder is told, and one to nothing is no file', async (t) => {
  const [there, folder] = [await folderOf(t, { 'a.log': ADA }), await folderOf(t, { 'b.log': ADA })]
  await symlink(join(there, 'a.log'), join(folder, 'a.log'))
  await symlink(there, join(folder, 'there'))
  // As a file that is rotated between the listing and the look at it.
  await symlink(join(there, 'gone'), join(folder, 'gone.log'))
  const looking = lookingFor(ADA)
  await filesPlace({ paths: [folder], asked: false }).look(looking, advance)
  assert.deepEqual(
    looking.findings.map(({ container }) => container.slice(folder.length + 1)),
    ['a.log', 'b.log'],
  )
  assert.deepEqual(looking.problems, [`${join(folder, 'there')}: a link to a folder: name that folder, too`])
})

test('what is gzipped and cannot be gunzipped is said once of each container; what only begins so is not', () => {
  const looking = lookingFor(ADA)
  const torn = gzipSync(ADA).subarray(0, -1)
  for (const at of [1, 2]) looking.look({ name: 'topic t' }, torn, () => `offset ${at}`)
  looking.look({ name: 'topic u' }, Buffer.from([0x1f, 0x8b, 0x08, 0xff, 7, 7, 7, 7, 7, 7]), () => 'offset 3')
  assert.deepEqual(looking.problems, ['topic t, offset 1: it cannot be gunzipped, unexpected end of file'])
})

test('no option takes an identifier for its own', async () => {
  const command = scanCommand().action(() => undefined)
  const given = ['--in', 'redis,logs', '--logs', '/a', '--logs', '/b', '--metrics', 'http://c', ADA, BOB]
  await command.parseAsync(given, { from: 'user' })
  assert.deepEqual(command.args, [ADA, BOB])
  const { in: places, logs, metrics } = command.opts()
  assert.deepEqual([places, logs, metrics], [['redis', 'logs'], ['/a', '/b'], ['http://c']])
})

test('a folder that is asked for must be there; one that is only usual need not', async () => {
  for (const asked of [true, false]) {
    const looking = lookingFor(ADA)
    await filesPlace({ paths: ['/nowhere/at/all'], asked }).look(looking, advance)
    assert.deepEqual([looking.containers, looking.problems.length], [0, asked ? 1 : 0])
  }
})

test('an identifier is never told, whatever it lies in, nor another of the list', () => {
  const looking = lookingFor(ADA, BOB)
  const hex = Buffer.from(BOB).toString('hex')
  looking.look({ name: `key of ${ADA}` }, Buffer.from(ADA), () => `field ${hex} of ${ADA.toUpperCase()}`)
  const report = reportOf([ADA, BOB], 7, [looking])
  const lines = linesOf(report).join('\n')
  assert.match(lines, /#1 plain, 1 time: there, key of \[#1\]: field \[#2\] of \[#1\]/)
  assert.match(lines, /#2, b…, 15 characters/)
  for (const secret of [ADA, BOB, hex])
    assert.ok(!(lines + JSON.stringify(report)).toLowerCase().includes(secret))
})

test('what is found is counted, three places of each are told, and only raw topics may have it', () => {
  const raw = lookingFor(ADA)
  for (let at = 0; at < 5; at++)
    raw.look({ name: 'plays', raw: true }, Buffer.from(ADA), () => `offset ${at}`)
  const clean = reportOf([ADA], 1, [raw])
  assert.equal(exitCodeOf(clean), 0)
  assert.match(linesOf(clean).join('\n'), /5 times: there, plays: offset 0; offset 1; offset 2 …\n\nclean/)

  const away = lookingFor(ADA)
  away.problems.push('it is away')
  const notAll = reportOf([ADA], 1, [raw, away])
  assert.equal(exitCodeOf(notAll), 2)
  assert.match(
    linesOf(notAll).join('\n'),
    /not looked at: there, it is away\n\nnothing was found, but not all/,
  )

  const elsewhere = lookingFor(ADA)
  elsewhere.look({ name: 'totals' }, Buffer.from(ADA), () => 'offset 0')
  const red = reportOf([ADA], 1, [raw, away, elsewhere])
  assert.equal(exitCodeOf(red), 1)
  assert.match(
    linesOf(red).join('\n'),
    /FOUND WHERE NONE MAY BE\n {2}#1 plain, 1 time: there, totals: offset 0\n[^]*found 1 times where none may be$/,
  )
})

test('a place that held nothing is said to be empty', () => {
  assert.match(linesOf(reportOf([ADA], 1, [lookingFor(ADA)])).join('\n'), /there {2}empty/)
})

test('identifiers come from arguments and a file, each once; short ones are refused without being told', async (t) => {
  const folder = await folderOf(t, { list: `\ufeff${ADA}\r\n\n${BOB}\n${ADA}\n`, short: `${ADA}\nbo\n` })
  assert.deepEqual(await readIdentifiers([BOB], join(folder, 'list')), [BOB, ADA])
  await assert.rejects(readIdentifiers([], undefined), { message: /^nothing to look for/ })
  await assert.rejects(readIdentifiers([], join(folder, 'short')), {
    message: /: #2, b…, 2 characters\. Give at least 4 bytes$/,
  })
  await assert.rejects(readIdentifiers([], join(folder, 'none')), { message: /none: ENOENT$/ })
  const many = Array.from({ length: 5_001 }, (_, index) => `user-${index}`)
  await assert.rejects(readIdentifiers(many, undefined), {
    message: '5001 identifiers are too many: 5000 at a time',
  })
})

test('lines end as Windows, Unix and the old Macintosh end them', async (t) => {
  const folder = await folderOf(t, { list: `${ADA}\r${BOB}\r\njörg müller\n` })
  assert.deepEqual(await readIdentifiers([], join(folder, 'list')), [ADA, BOB, 'jörg müller'])
})

const utf16 = (text: string) => Buffer.from(text, 'utf16le')
for (const [what, content, line] of [
  ['UTF-16', utf16(`\ufeff${ADA}\r\n`), 1],
  ['UTF-16, the large end first', utf16(`\ufeff${ADA}\r\n`).swap16(), 1],
  ['UTF-16 without a mark', utf16(ADA), 1],
  ['Latin-1', Buffer.from(`${ADA}\r\nJörg Müller`, 'latin1'), 2],
  ['what was Latin-1', `${ADA}\r${BOB}\nJ\ufffdrg`, 3],
  ['gzip', gzipSync(ADA), 1],
  ['a byte 0 behind its end', `${ADA}\n${BOB}\0`, 2],
  ['a line end of its own', `${ADA}\u0085${BOB}`, 1],
] as const)
  test(`a file of identifiers that is ${what} is refused: nothing would be found`, async (t) => {
    const file = join(await folderOf(t, { list: Buffer.from(content as string) }), 'list')
    await assert.rejects(readIdentifiers([], file), {
      name: 'PrivacyScanError',
      message: `${file}, line ${line}: no plain text. Save it as UTF-8 text, one a line`,
    })
  })

test('a line that is no identifier, so long is it, is refused', async (t) => {
  const folder = await folderOf(t, { list: `${ADA}\n${'ada '.repeat(500)}a\n` })
  await assert.rejects(readIdentifiers([], join(folder, 'list')), {
    message: 'too long: #2, a…, 2001 characters. Give one a line, of 2000 bytes at most',
  })
})

test('rows of texts are read from chunks that end anywhere; an answer that ends amid a row is an error', async () => {
  const long = 'x'.repeat(300)
  const bytes = Buffer.concat([
    Buffer.from('\x01a\x00'),
    Buffer.from([0xac, 0x02]),
    Buffer.from(`${long}\x02bc`),
  ])
  const rowsOf = (all: Buffer, size: number) => {
    const chunks = Array.from({ length: Math.ceil(all.length / size) }, (_, at) =>
      all.subarray(at * size, (at + 1) * size),
    )
    return Readable.from(textRows(Readable.from(chunks), 2)).toArray() as Promise<Buffer[][]>
  }
  for (const size of [1, 2, 7, 1_000]) {
    const rows = await rowsOf(bytes, size)
    assert.deepEqual(
      rows.map((row) => row.map(String)),
      [
        ['a', ''],
        [long, 'bc'],
      ],
    )
    await assert.rejects(rowsOf(bytes.subarray(0, -1), size), { message: /ended its answer amid a row/ })
  }
})
