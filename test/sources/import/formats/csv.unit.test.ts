import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IANAZone } from 'luxon'
import { FileError } from '../../../../sources/import/errors.ts'
import { type CsvMapping, csv } from '../../../../sources/import/index.ts'
import { inZone } from '../../../../sources/import/times.ts'
import { readText } from '../read-text.ts'

const now = Date.UTC(2026, 0, 1)
const berlin = IANAZone.create('Europe/Berlin')
const mapping: CsvMapping = { ended_at: 'when', artist: 'who', track: 'what', ms_played: 'ms' }

const reads = (text: string | Buffer, options: Partial<Parameters<typeof csv>[0]> = {}) =>
  readText(csv({ mapping, ...options }), text, now, 4)

const playedAt = Date.UTC(2021, 6, 1, 10, 5, 30)
const listen = {
  playedAt,
  artistName: 'A, B',
  trackName: 'T "live"\n2',
  msPlayed: 6_408,
  platform: 'import',
  country: null,
  skipReason: 'unknown',
  identity: { kind: 'spotify', endMinute: '2021-07-01 10:05' },
}

for (const [when, zone] of [
  ['2021-07-01T10:05:30Z', undefined],
  ['2021-07-01 12:05:30+02:00', undefined],
  ['2021-07-01 10:05:30+00', berlin],
  ['2021-07-01 12:05:30', berlin],
  [String(playedAt), undefined],
  [String(playedAt / 1_000), berlin],
] as const)
  test(`the time ${when}${zone ? ' in Berlin' : ''}`, async () => {
    const text = `when,who,what,ms\n${when},"A, B","T ""live""\n2",6408\n`
    assert.deepEqual(await reads(text, zone && { timeZone: zone }), [listen])
  })

test('a time without a zone is not guessed', async () => {
  assert.deepEqual(await reads('when,who,what,ms\n2021-07-01 12:05:30,a,b,1\n'), ['time_zone_unknown'])
})

for (const [what, wall, utc] of [
  ['in winter', [2021, 0, 1, 12], [2021, 0, 1, 11]],
  ['before the clock goes forward', [2021, 2, 28, 1, 59], [2021, 2, 28, 0, 59]],
  ['after it', [2021, 2, 28, 3, 0], [2021, 2, 28, 1, 0]],
  ['an hour that there was twice: the first', [2021, 9, 31, 2, 30], [2021, 9, 31, 0, 30]],
  ['after it', [2021, 9, 31, 3, 0], [2021, 9, 31, 2, 0]],
] as const)
  test(`a wall in Berlin, ${what}`, () => {
    const at = (parts: readonly number[]) => Date.UTC(...(parts as [number, number]))
    assert.equal(new Date(inZone(at(wall), berlin)).toISOString(), new Date(at(utc)).toISOString())
  })

test('tabs and semicolons are seen; another character is said', async () => {
  for (const delimiter of [';', '\t', '|'])
    assert.equal(
      (await reads(`when;who;what;ms\n${playedAt};a;b;1`.replaceAll(';', delimiter)))[0] !== undefined,
      true,
    )
  const [read] = await reads(`when~who~what~ms\n${playedAt}~a~b~1`, { delimiter: '~' })
  assert.equal(typeof read === 'object' && read.artistName, 'a')
})

test('each line is a play or has its reason', async () => {
  const lines = [
    'when,who,what,ms',
    `${playedAt},a,b,1`,
    `${playedAt},a`,
    `${playedAt},,b,1`,
    `${playedAt},a,b,`,
    `${playedAt},a,b,soon`,
    'yesterday,a,b,1',
    '',
    `${playedAt},${'x'.repeat(70_000)},b,1`,
    `${playedAt},5" single,b,1`,
    `${playedAt},a,b,1,more`,
  ]
  const read = (await reads(lines.join('\n'))).map((each) => (typeof each === 'string' ? each : 'play'))
  const sorted = [
    'play',
    'play',
    'play',
    'record_too_large',
    'artist_missing',
    'ms_played_malformed',
    'ms_played_malformed',
  ]
  assert.deepEqual(read.toSorted(), [...sorted, 'time_malformed', 'track_missing'].toSorted())
})

test('a name that is no UTF-8 is none', async () => {
  const text = Buffer.from(`when,who,what,ms\n${playedAt},Beyonc\xe9,b,1\n`, 'latin1')
  assert.deepEqual(await reads(text), ['not_utf8'])
})

test('a quote without an end takes 64 KiB at most, or the rest of the file; then rows are read again', async () => {
  const row = `${playedAt},a,b,1\n`
  for (const pieces of [1, 50]) {
    const read = await readText(
      csv({ mapping }),
      `when,who,what,ms\n${row}"${row.repeat(10_000)}`,
      now,
      pieces,
    )
    const plays = read.filter((each) => typeof each === 'object')
    assert.ok(plays.length > 10_000 - 65_536 / row.length - 2 && plays.length < 10_000)
    assert.deepEqual(
      read.filter((each) => typeof each === 'string'),
      ['malformed_csv'],
    )
  }
  assert.deepEqual(
    (await reads(`when,who,what,ms\n${row}"${row}`)).map((each) => typeof each),
    ['object', 'string'],
  )
})

test('columns that are not there are named, and nothing that the first row holds: it may be a play', async () => {
  await assert.rejects(reads(`${playedAt},ada@example.org,10.1.2.3,what,1\n`), {
    name: 'FileError',
    message:
      'its first row names no column when, who, ms among its 5: give another --map or --delimiter, or put a row of names before the others',
  })
})

test('started at, in seconds, with platform and country', async () => {
  const all: CsvMapping = {
    started_at: 'when',
    artist: 'who',
    track: 'what',
    seconds_played: 's',
    platform: 'p',
    country: 'c',
  }
  const [read] = await reads(`when,who,what,s,p,c\n${playedAt},a,b,10.5,ios,DE`, { mapping: all })
  assert.deepEqual(read, {
    ...listen,
    artistName: 'a',
    trackName: 'b',
    msPlayed: 10_500,
    playedAt: playedAt + 10_500,
    platform: 'ios',
    country: 'DE',
    identity: { kind: 'scrobble', startSecond: playedAt / 1_000 },
  })
})

const some = (count: number, quote = '') =>
  Array.from({ length: count }, (_, each) =>
    [playedAt + 60_000 * each, 'A', `T ${each}`, each].map((cell) => `${quote}${cell}${quote}`).join(','),
  )

for (const [header, end, quote] of [
  ['\r\n', '\r\n', ''],
  ['\r\n', '\r\n', '"'],
  ['\n', '\r\n', ''],
  ['\r\n', '\n', '"'],
] as const)
  test(`rows that end in ${JSON.stringify(end)} below names that end in ${JSON.stringify(header)}${quote && ', quoted'}`, async () => {
    for (const columns of ['when,who,what,ms', 'when,who,ms,what']) {
      const rows = some(50, quote).map((row) =>
        columns.endsWith('ms') ? row : row.replace(/([^,]+),([^,]+)$/, '$2,$1'),
      )
      const text = columns + header + rows.map((row) => row + end).join('')
      for (const pieces of [1, 20, text.length]) {
        const read = await readText(csv({ mapping }), text, now, pieces)
        assert.deepEqual(
          read.map((each) => typeof each === 'object' && [each.trackName, each.msPlayed]),
          rows.map((_, each) => [`T ${each}`, each]),
        )
      }
    }
  })

test('a row that the damage of its file has cut is no play; the last row of a whole file is one', async () => {
  const text = `when,who,what,ms\n${some(300).join('\n')}`
  async function* damaged() {
    yield Buffer.from(text)
    throw new FileError('it is damaged')
  }
  const read: unknown[] = []
  await assert.rejects(async () => {
    for await (const rows of csv({ mapping }).read(damaged(), now)) read.push(...rows)
  }, FileError)
  assert.equal(read.length, 300)
  assert.equal(read.at(-1), 'cut_off')
  assert.equal(typeof (await reads(text)).at(-1), 'object')
  assert.equal((await reads(text.slice(0, text.lastIndexOf(',')))).at(-1), 'cut_off')
})

test('a row without the length that its table tells has none, and is no play of another kind', async () => {
  assert.deepEqual(await reads(`when,who,what,ms\n${playedAt},a,b\n`), ['ms_played_malformed'])
  const inSeconds = { ended_at: 'when', artist: 'who', track: 'what', seconds_played: 'ms' }
  assert.deepEqual(await reads(`when,who,what,ms\n${playedAt},a,b\n`, { mapping: inSeconds }), [
    'ms_played_malformed',
  ])
})

for (const [zone, wall, utc] of [
  ['Europe/Berlin', '2000-03-26T02:00Z', '2000-03-26T01:00:00.000Z'],
  ['Australia/Lord_Howe', '2021-10-03T02:10Z', '2021-10-02T15:40:00.000Z'],
  ['America/New_York', '2021-03-14T02:30Z', '2021-03-14T07:30:00.000Z'],
] as const)
  test(`a wall in ${zone} that shows what there was not: as if the clock had not been put forward`, () => {
    assert.equal(new Date(inZone(Date.parse(wall), IANAZone.create(zone))).toISOString(), utc)
  })

for (const [what, when, ms, read] of [
  ['a number of seconds from pandas', `${playedAt / 1_000}.0`, '6408', playedAt],
  ['a length with noughts behind the point', String(playedAt), '6408.0', playedAt],
  ['a length in hexadecimal', String(playedAt), '0x10', 'ms_played_malformed'],
  ['a length with an exponent', String(playedAt), '1e3', 'ms_played_malformed'],
  ['an offset that is none', '2021-07-01 12:05:30+99:99', '1', 'time_malformed'],
  ['minutes of an offset that are none', '2021-07-01 12:05:30+0260', '1', 'time_malformed'],
  ['the largest offset', '2021-07-02 00:05:30+14:00', '1', playedAt],
] as const)
  test(what, async () => {
    const [found] = await reads(`when,who,what,ms\n${when},a,b,${ms}\n`)
    assert.equal(typeof found === 'object' ? found.playedAt : found, read)
  })

test('the row by which Excel is told the delimiter is none of the table', async () => {
  const row = `${playedAt};A, B;T;5`
  for (const end of ['\n', '\r\n']) {
    const read = await reads(['sep=;', 'when;who;what;ms', row, ''].join(end))
    assert.deepEqual(
      read.map((each) => typeof each === 'object' && each.artistName),
      ['A, B'],
    )
  }
})

test('a platform is one of ours, or becomes one', async () => {
  const rows = ['ios', 'web', 'Android OS 10', 'console', 'import', 'toaster', ''].map(
    (each) => `${playedAt},a,b,1,${each}`,
  )
  const read = await reads(['when,who,what,ms,p', ...rows].join('\n'), {
    mapping: { ...mapping, platform: 'p' },
  })
  assert.deepEqual(
    read.map((each) => typeof each === 'object' && each.platform),
    ['ios', 'web', 'android', 'console', 'import', 'other', 'import'],
  )
})
