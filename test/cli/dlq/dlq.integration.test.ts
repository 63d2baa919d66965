import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, after, before, test } from 'node:test'
import { replayTopic } from '../../../schemas/dead-letter.ts'
import { topics } from '../../../schemas/topics.ts'
import { startClickhouseSink } from '../../../sinks/clickhouse/sink.ts'
import { at, rawPlay } from '../../kit/builders.ts'
import { until } from '../../kit/until.ts'
import { KafkaRoom, roomTopologies } from '../../pipelines/kafka-room.ts'
import { clickhouseRoom } from '../../sinks/clickhouse/room.ts'
import { sinkRoom } from '../../sinks/sink-room.ts'
import { dlqIn, startDlq } from './dlq-in.ts'

const USER = 'ada@example.org'
const BAD = 400

let room: KafkaRoom
let clickhouse: Awaited<ReturnType<typeof clickhouseRoom>>
let folder: string
before(async () => {
  room = await KafkaRoom.make({ partitions: 2 })
  clickhouse = await clickhouseRoom()
  folder = await mkdtemp(join(tmpdir(), 'dlq-'))
})
after(async () => {
  await clickhouse.close()
  await room.remove()
  await rm(folder, { recursive: true })
})

const start = (t: TestContext, args: string[], letterKey?: string) => startDlq(t, room, args, letterKey)
const dlq = (t: TestContext, ...args: string[]) => dlqIn(t, room, ...args)

/** A module for `--fix`. */
async function fix(name: string, body: string): Promise<string> {
  const file = join(folder, `${name}.mjs`)
  await writeFile(file, `export default (original, letter) => { ${body} }\n`)
  return file
}

/** Purges a letter while a replay of it is being prepared: it is not given back. */
async function purgedAmidReplay(t: TestContext, only: string[]): Promise<void> {
  const [asked, purged] = [join(folder, 'asked'), join(folder, 'purged')]
  const given = (await room.records(replayTopic('anonymise'))).length
  const waiting = await fix(
    'waiting',
    `const { existsSync, writeFileSync } = process.getBuiltinModule('node:fs')
     writeFileSync('${asked}', '')
     while (!existsSync('${purged}'));
     return original`,
  )
  const replaying = start(t, ['replay', ...only, '--fix', waiting, '--yes'])
  await until(() => existsSync(asked), { what: 'the replay to be prepared', within: 30_000 })
  const purge = await dlq(t, 'purge', ...only, '--yes')
  assert.match(purge.stdout, /1 letter purged; the broker/)
  assert.equal(purge.stderr, '')
  await writeFile(purged, '')
  assert.equal(await replaying.ended, 0, replaying.stderr())
  assert.match(replaying.stdout(), /^0 letters given back$/m)
  assert.equal((await room.records(replayTopic('anonymise'))).length, given)
}

const key = ({ userId }: { userId: string }) => userId

test('letters are counted, looked at, mended by a function, given back by commands that are killed; each play counts once, and late', async (t) => {
  const { applicationId, topicPrefix } = room.address
  const sinks = await sinkRoom()
  t.after(() => sinks.close())
  const sink = await startClickhouseSink({
    ...sinks.surroundings(applicationId).options,
    codec: room.codec,
    topicPrefix,
    maxAgeMs: 50,
    clickhouse: { url: clickhouse.url, database: clickhouse.database },
  })
  t.after(() => sink.stop())
  const door = await room.run(roomTopologies.anonymise)
  const totals = await room.run(roomTopologies['listening-totals'])
  const good = ['12:00:00', '12:02:00', '12:05:00'].map((time) => rawPlay({ playedAt: at(time) }))
  // Their only mistake is an unknown schema, the last one's is none that a schema mends.
  const bad = Array.from({ length: BAD }, () => rawPlay({ playedAt: at('12:00:10') }))
  await room.send(topics.plays, good, key)
  const unknown = Buffer.from([0, 0x7f, 0xff, 0xff, 0xff])
  await room.sendBytes(
    topics.plays,
    bad.map((each) => {
      const bytes = room.codec.encode(topics.plays, each)
      return { key: USER, value: Buffer.concat([unknown, bytes.subarray(5)]), headers: { source: 'app' } }
    }),
  )
  await room.sendBytes(topics.plays, [{ key: USER, value: Buffer.from(`garbage of ${USER}`) }])
  await room.caughtUp('anonymise', topics.plays)

  const listed = await dlq(t, 'list')
  assert.equal(listed.code, 0, listed.stderr)
  assert.match(
    listed.stdout,
    /anonymise +\S+plays +decode +unknown_schema_id +DECODE_UNKNOWN_SCHEMA_ID +400 +0 /,
  )
  assert.match(listed.stdout, /not_wire_format +DECODE_NOT_WIRE_FORMAT +1 +0 /)
  const one = JSON.parse((await dlq(t, 'list', '--code', 'DECODE_NOT_WIRE_FORMAT', '--json')).stdout) as {
    samples: { id: string }[]
  }
  const garbage = one.samples[0]!.id
  const shown = await dlq(t, 'show', garbage)
  assert.match(shown.stdout, /"summary":"anonymise refused .*: decode, not_wire_format; value 26 B, key 15 B/)
  for (const each of [listed, shown]) assert.doesNotMatch(each.all, /ada|garbage/)

  const schema = String(room.codec.encode(topics.plays, good[0]!).readInt32BE(1))
  const args = ['replay', '--reason', 'unknown_schema_id', '--schema', schema]
  const dry = await dlq(t, ...args, '--dry-run')
  assert.match(dry.stdout, /^400 letters to anonymise, by anonymise-replay\n$/)
  const unmended = await dlq(t, 'replay', '--reason', 'unknown_schema_id', '--dry-run')
  assert.match(unmended.stdout, /of these 400 cannot be decoded as they are, and would be set aside again/)
  assert.match(
    (await dlq(t, ...args)).stderr,
    /nothing has been replayed: there is no terminal to ask at; add --yes/,
  )
  assert.equal((await room.records(replayTopic('anonymise'))).length, 0)

  const killed = start(t, [...args, '--yes'])
  await until(
    async () => (await room.records(replayTopic('anonymise'))).length > 0 || killed.process.exitCode !== null,
    {
      what: 'letters to be given back',
      within: 60_000,
      every: 5,
    },
  )
  killed.process.kill('SIGKILL')
  await killed.ended
  for (let again = 0; again < 2; again++) {
    const { code, stderr } = await dlq(t, ...args, '--yes')
    assert.equal(code, 0, stderr)
  }
  await room.caughtUp('anonymise', replayTopic('anonymise'))
  await room.caughtUp('listening-totals', topics.playsClean)
  await room.caughtUp('listening-totals', topics.playsByArtist)

  const all = [...good, ...bad].map(({ eventId }) => eventId).sort()
  const raw = async () => clickhouse.count('plays')
  await until(async () => (await raw()) >= all.length, { what: 'all plays in ClickHouse', within: 30_000 })
  assert.equal(await raw(), all.length)
  const [ids] = await clickhouse.rows<{ n: string }>('SELECT uniqExact(event_id) AS n FROM plays')
  assert.equal(Number(ids!.n), all.length)
  assert.equal((await room.records(topics.playsClean)).length, all.length)
  assert.equal((await room.records(topics.duplicatePlays)).length, 0)
  assert.equal((await room.records(topics.latePlays)).length, BAD)
  assert.match((await dlq(t, 'list')).stdout, /unknown_schema_id +DECODE_UNKNOWN_SCHEMA_ID +0 +400 /)
  await door.stop()
  await totals.stop()
})

test('a letter that nothing mends is left by its fix, opened with the key, exported and purged', async (t) => {
  const only = ['--reason', 'not_wire_format']
  const leaving = await fix('leaving', 'return letter.reason === "not_wire_format" ? null : original')
  const left = await dlq(t, 'replay', ...only, '--fix', leaving, '--yes')
  assert.match(left.stdout, /^1 letter left where it is: left by the fix\n$/)
  assert.equal(left.code, 1)
  const throwing = await fix('throwing', 'throw new TypeError(String(original.value))')
  const thrown = await dlq(t, 'replay', ...only, '--fix', throwing, '--yes')
  assert.match(thrown.stderr, /^continuo: the fix throws at anonymise:\S+: a TypeError\n$/)
  assert.equal(thrown.code, 1)
  const wrong = await dlq(t, 'replay', ...only, '--fix', join(folder, 'missing.mjs'))
  assert.match(wrong.stderr, /--fix .*missing\.mjs cannot be loaded/)

  const [letter] = (await room.values(topics.deadLetters)).filter(({ reason }) => reason === only[1])
  const unkeyed = start(t, ['show', letter!.id, '--open'], '')
  assert.equal(await unkeyed.ended, 1)
  assert.match(unkeyed.stderr(), /DEAD_LETTER_KEY/)
  const other = start(t, ['show', letter!.id, '--open'], Buffer.alloc(32, 9).toString('base64'))
  assert.equal(await other.ended, 0)
  assert.match(other.stdout(), /"sealedWith":"k1","openedWith":"k1","original":null/)
  const opened = JSON.parse((await dlq(t, 'show', letter!.id, '--open')).stdout) as {
    original: { value: string }
    undecodable: string
  }
  assert.equal(Buffer.from(opened.original.value, 'base64').toString(), `garbage of ${USER}`)
  assert.equal(opened.undecodable, 'not_wire_format')

  const exported = await dlq(t, 'export', ...only)
  assert.deepEqual(JSON.parse(exported.stdout), { ...letter!, sealed: letter!.sealed.toString('base64') })
  assert.match((await dlq(t, 'export', ...only, '--open')).stdout, /"undecodable":"not_wire_format"/)

  assert.match((await dlq(t, 'purge', '--replayed', '--dry-run')).stdout, /400 letters would be purged\n$/)
  assert.match((await dlq(t, 'purge', ...only, '--dry-run')).stdout, /1 letter would be purged\n$/)
  assert.match((await dlq(t, 'purge', ...only)).stderr, /nothing has been purged/)
  await purgedAmidReplay(t, only)
  await room.sendBytes(topics.deadLetters, [{ key: 'x', value: 'no letter' }])
  assert.match((await dlq(t, 'list', ...only)).stdout, /^there are no such letters\n$/)
  assert.match((await dlq(t, 'show', letter!.id)).stderr, /error: there is no letter anonymise:/)
  assert.match((await dlq(t, 'list', '--until', '1h')).stdout, /^there are no such letters\n$/)
})
