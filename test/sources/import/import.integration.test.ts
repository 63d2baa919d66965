import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Partitioners } from 'kafkajs'
import { topics } from '../../../schemas/topics.ts'
import {
  ImportError,
  type ImportOptions,
  type ImportPhase,
  csv,
  importHistory,
  lastfm,
  listenbrainz,
  spotify,
  tableOf,
  totalsOf,
} from '../../../sources/import/index.ts'
import { parseSpotifyRecord } from '../../../sources/import/formats/spotify.ts'
import type { OffsetRange, PartitionReader } from '../../../sources/import/partition-reader.ts'
import { playIds } from '../../../sources/import/ids.ts'
import { playOf } from '../../../sources/import/plays.ts'
import { type KafkaRoom, kafkaRoom } from '../kafka-room.ts'
import { someRows } from './some-rows.ts'

let room: KafkaRoom
let folder: string
let stopAnonymising: () => Promise<void>
before(async () => {
  room = await kafkaRoom()
  folder = await mkdtemp(join(tmpdir(), 'continuo-import-'))
  stopAnonymising = await room.anonymising()
})
after(async () => {
  await stopAnonymising()
  await room.remove()
  await rm(folder, { recursive: true })
})

async function file(name: string, content: unknown[] | string): Promise<string> {
  await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))
  return join(folder, name)
}

const importing = ({
  userId,
  files,
  ...options
}: { userId: string; files: string[] } & Partial<ImportOptions>) =>
  importHistory({
    ...room,
    codec: room.newCodec(),
    settleWithinMs: 60_000,
    format: spotify,
    paths: files,
    listenerOf: () => userId,
    ...options,
  })

async function cleanPlaysOf(userId: string) {
  const records = await room.records(topics.playsClean)
  await room.codec.load(records.map(({ value }) => value))
  return records
    .map(({ value }) => room.codec.decode(topics.playsClean, value))
    .filter(({ listener }) => listener === room.pseudonyms.listener(userId))
}

test('each row becomes one clean play; importing again, whole or in part, adds nothing', async () => {
  const userId = 'ada@example.org'
  const rows = someRows(120)
  const bad = [null, { ...rows[0], artistName: '' }, { ...rows[0], endTime: 'yesterday' }]
  const files = [
    await file('ada-0.json', [...rows.slice(0, 70), rows[0]]),
    await file('ada-1.json', [...rows.slice(70), ...bad]),
  ]
  const progress: [ImportPhase, number, number][] = []
  const sent: number[] = []
  const first = await importing({
    files,
    userId,
    chunk: 50,
    onProgress: (...step) => progress.push(step),
    onSent: (plays) => sent.push(plays),
  })

  assert.deepEqual(totalsOf(first), {
    read: 124,
    produced: 121,
    duplicate: 0,
    skipped: 3,
    deadLettered: 0,
    addsUp: true,
  })
  assert.deepEqual(first.skipped, { not_an_object: 1, artist_missing: 1, time_malformed: 1 })
  assert.deepEqual(sent, [50, 50, 21])
  const [, read, bytes] = progress.findLast(([phase]) => phase === 'sending')!
  assert.equal(read, bytes)
  assert.deepEqual(progress.at(-1), ['settling', 121, 121])

  const clean = await cleanPlaysOf(userId)
  assert.equal(clean.length, 121)
  for (const { source } of clean) assert.equal(source, `import:${first.importId}`)

  for (const some of [files, files.slice(1), files.toReversed()]) {
    const again = await importing({ files: some, userId })
    assert.equal(again.sent, 0)
    assert.equal(totalsOf(again).addsUp, true)
    assert.match(tableOf(again), /of an earlier import/)
  }
  assert.equal((await cleanPlaysOf(userId)).length, 121)
})

test('a raw user id stands in topic plays and nowhere else, the ledger included', async () => {
  const userId = 'grace-1906@example.org'
  await importing({ files: [await file('grace.json', someRows(10))], userId })
  const holding: string[] = []
  for (const topic of [topics.plays, topics.playsClean, topics.importedPlays]) {
    for (const { key, value } of await room.records(topic)) {
      if (key?.includes(userId) || value?.includes(userId)) holding.push(topic.name)
    }
  }
  assert.deepEqual(new Set(holding), new Set(['plays']))
})

test('the same file is other plays for another listener', async () => {
  const files = [await file('shared.json', someRows(5))]
  assert.equal((await importing({ files, userId: 'one' })).sent, 5)
  assert.equal((await importing({ files, userId: 'two' })).sent, 5)
})

const times = Array.from({ length: 20 }, (_, each) => 1_500_000_000 + 200 * each)
const mapping = { started_at: 'at', artist: 'who', track: 'what', ms_played: 'ms' }
const listens = times.map((at) => ({
  listened_at: at,
  track_metadata: { artist_name: 'A', track_name: 'T', additional_info: { duration_played: 60 } },
}))

for (const [what, format, content] of [
  ['Last.fm', lastfm, ['uts,artist,track', ...times.map((at) => `${at},A,T`)].join('\n')],
  ['ListenBrainz', listenbrainz, listens.map((listen) => JSON.stringify(listen)).join('\n')],
  ['a table', csv({ mapping }), ['at,who,what,ms', ...times.map((at) => `${at},A,T,60000`), ''].join('\r\n')],
] as const)
  test(`${what}: each row becomes one clean play, and again adds nothing`, async () => {
    const files = [await file('scrobbles.txt', content)]
    const first = await importing({ userId: what, files, format })
    assert.deepEqual([first.sent, first.settled?.clean, totalsOf(first).addsUp], [20, 20, true])
    const clean = await cleanPlaysOf(what)
    const msPlayed = format === lastfm ? 30_000 : 60_000
    assert.deepEqual(
      clean.map((play) => play.playedAt).sort(),
      times.map((at) => at * 1_000 + msPlayed),
    )
    assert.equal((await importing({ userId: what, files, format })).sent, 0)
  })

test('the ledger is read once for all listeners of an import, and then what has come since', async () => {
  const files = [await file('l1.json', someRows(3)), await file('l2.json', someRows(3))]
  const listenerOf = ({ path }: { path: string }) => /(l\d)\.json/.exec(path)?.[1]
  const ranges: OffsetRange[] = []
  const reader: PartitionReader = {
    ...room.reader,
    read: (some, onRead) => {
      ranges.push(...some)
      return room.reader.read(some, onRead)
    },
  }
  const importBoth = () => importing({ userId: '', files, listenerOf, reader, settleWithinMs: false })
  assert.equal((await importBoth()).sent, 6)
  const [first, second] = ranges.splice(0)
  assert.equal(first!.from, 0n)
  assert.ok(second!.from >= first!.until && second!.until > second!.from)
  assert.equal((await importBoth()).sent, 0)
  assert.deepEqual(
    ranges.map(({ from }) => from === 0n),
    [true, false],
  )
})

test('what anonymise drops or sets aside is counted, by this import alone', async () => {
  const userId = 'linus'
  const rows = someRows(30)
  const lateRow = { ...rows[0], endTime: '2098-12-31 23:59' }
  const now = () => Date.UTC(2099, 0, 1)
  // Some of them have come through another door, and the ledger knows nothing of it.
  const playIdOf = playIds(room.pseudonyms.firstKey, userId)
  const playBefore = (row: unknown) => {
    const listen = parseSpotifyRecord(row, now())
    assert.ok(typeof listen === 'object')
    return playOf(listen, { eventId: playIdOf(listen), userId, source: 'import:other' })
  }
  const producer = room.kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  await producer.send({
    topic: `${room.topicPrefix}plays`,
    messages: rows
      .slice(0, 4)
      .map(playBefore)
      .map((play) => ({
        key: userId,
        value: room.codec.encode(topics.plays, play),
        headers: { source: play.source },
      })),
  })
  await producer.disconnect()

  const report = await importing({ files: [await file('linus.json', [...rows, lateRow])], userId, now })
  assert.deepEqual(report.settled, { clean: 26, duplicates: 4, deadLetters: 1 })
  assert.deepEqual(totalsOf(report), {
    read: 31,
    produced: 26,
    duplicate: 4,
    skipped: 0,
    deadLettered: 1,
    addsUp: true,
  })
})

test('two imports of one listener at once: each play once, whoever wins', async () => {
  const userId = 'twins'
  const files = [await file('twins.json', someRows(300))]
  const results = await Promise.allSettled([
    importing({ files, userId, chunk: 10 }),
    importing({ files, userId, chunk: 10 }),
  ])
  for (const result of results) {
    if (result.status === 'rejected') assert.ok(result.reason instanceof ImportError, String(result.reason))
  }
  assert.equal(totalsOf(await importing({ files, userId })).addsUp, true)
  // On the raw topic: behind anonymise a play sent twice would no longer show.
  const sent = (await room.records(topics.plays)).filter(({ key }) => key?.toString() === userId)
  const ids = sent.map(({ value }) => room.codec.decode(topics.plays, value).eventId)
  assert.equal(ids.length, 300)
  assert.equal(new Set(ids).size, 300)
})

test('nobody anonymises: it ends at the deadline, does not add up, and says whom it waited for', async () => {
  const report = await importing({
    files: [await file('deadline.json', someRows(3))],
    userId: 'deadline',
    applicationId: `${room.applicationId}-nobody`,
    settleWithinMs: 300,
  })
  assert.equal(report.sent, 3)
  assert.equal(report.waitedInVainFor, `${room.applicationId}-nobody.anonymise`)
  assert.equal(totalsOf(report).addsUp, false)
})

test('not to be waited for: it ends once the plays are sent', async () => {
  const report = await importing({
    files: [await file('no-wait.json', someRows(3))],
    userId: 'n',
    settleWithinMs: false,
  })
  assert.deepEqual([report.sent, report.settled, totalsOf(report).addsUp], [3, null, true])
})

test('without topics, or without a user, it says what to do and sends nothing', async () => {
  const files = [await file('nothing.json', someRows(1))]
  for (const userId of ['', 'x'.repeat(513)]) {
    const { unreadable, sent } = await importing({ files, userId })
    assert.equal(sent, 0)
    assert.match(unreadable[0]!.why, /--user/)
  }
  await assert.rejects(importing({ files, userId: 'u', topicPrefix: 'test-none.' }), (error) => {
    assert.ok(error instanceof ImportError)
    assert.match(error.message, /test-none\.plays,.*continuo migrate/)
    return true
  })
})
