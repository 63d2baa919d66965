import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { withAdmin } from '../../pipelines/engine/kafka/admin.ts'
import { fencedProducer } from '../../pipelines/engine/kafka/transaction.ts'
import { STAMP_HEADER, encodeMarker } from '../../pipelines/engine/stamp.ts'
import type { ArtistTotal } from '../../schemas/events.ts'
import { topics } from '../../schemas/topics.ts'
import { at, deadLetter, play, rawPlay } from '../kit/builders.ts'
import { until } from '../kit/until.ts'
import { KafkaRoom } from '../pipelines/kafka-room.ts'

const main = join(import.meta.dirname, '../../cli/main.ts')

let room: KafkaRoom
before(async () => void (room = await KafkaRoom.make({ partitions: 1 })))
after(() => room.remove())

/** `continuo show …`, without any key, through `sh` if `piped` says into what. */
function show(args: string[], { piped = '', prefix = room.address.topicPrefix } = {}) {
  const words = [process.execPath, main, 'show', ...args]
  const [file = '', ...rest] =
    piped === '' ? words : ['bash', '-c', `set -o pipefail; "$@" | ${piped}`, 'bash', ...words]
  const { PSEUDONYM_KEY: _, DEAD_LETTER_KEY: __, TOKEN_KEY: ___, ...env } = process.env
  const child = spawn(file, rest, {
    env: { ...env, TOPIC_PREFIX: prefix, APPLICATION_ID: room.address.applicationId },
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (bytes: Buffer) => (stdout += bytes.toString()))
  child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()))
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const lines = () =>
    stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Line)
  return { child, ended, lines, stderr: () => stderr }
}

interface Line {
  offset: number
  partition: number
  timestamp: string
  key: string | null
  value?: Record<string, unknown> | null
  undecodable?: string
}

async function leftGroups(): Promise<string[]> {
  const { groups } = await withAdmin(room.kafka, (admin) => admin.listGroups())
  return groups
    .map(({ groupId }) => groupId)
    .filter((id) => id.startsWith(`${room.address.applicationId}.show`))
}

const total: ArtistTotal = {
  artistId: 'a1',
  artistName: 'Ärtist “One”',
  windowStart: at('12:00:00'),
  windowEnd: at('12:01:00'),
  plays: 2 ** 52 - 1,
  msPlayed: 180_000,
  listeners: 1,
  listenerBits: '',
  receivedAt: at('12:00:30'),
}

test('from the beginning: values, tombstones, what does not decode; then it ends and leaves no group', async () => {
  const timestamp = String(at('12:00:31'))
  await room.sendBytes(topics.artistTotals, [
    { key: 'a1', value: room.codec.encode(topics.artistTotals, total), timestamp },
    { key: 'a2', value: null, timestamp },
    { key: null, value: 'secret in plain text', timestamp },
    { key: 'a1', value: Buffer.from([0, 0, 0, 0, 1, 0xff]), timestamp: '-1' },
  ])
  const { ended, lines, stderr } = show(['artist-totals', '--from-beginning', '--count', '4'])
  assert.equal(await ended, 0, stderr())
  const [first, second, third, fourth] = lines()
  const where = { partition: 0, timestamp: '2026-01-01T12:00:31.000Z' }
  assert.deepEqual(first, { offset: 0, ...where, key: 'a1', value: { ...total } })
  assert.deepEqual(second, { offset: 1, ...where, key: 'a2', value: null })
  assert.deepEqual(third, { offset: 2, ...where, key: null, undecodable: 'not_wire_format' })
  assert.ok(fourth?.undecodable !== undefined && !('value' in fourth))
  assert.deepEqual(await leftGroups(), [])
})

test('what tasks tell each other through a repartition topic is no row', async () => {
  const marker = (watermark: number, idle: boolean) => ({
    key: '',
    value: null,
    timestamp: String(at('12:00:31')),
    headers: { [STAMP_HEADER]: encodeMarker({ watermark, upstream: 2, idle }) },
  })
  await room.sendBytes(topics.playsByArtist, [marker(at('12:00:05'), false), marker(-Infinity, true)])
  const { ended, lines, stderr } = show(['plays-by-artist', '--from-beginning', '--count', '2'])
  assert.equal(await ended, 0, stderr())
  const where = { partition: 0, timestamp: '2026-01-01T12:00:31.000Z', key: '', upstream: 2 }
  assert.deepEqual(lines(), [
    { offset: 0, ...where, watermark: '2026-01-01T12:00:05.000Z', idle: false },
    { offset: 1, ...where, watermark: null, idle: true },
  ])
})

test('one key alone, and bytes as base64', async () => {
  const letter = (id: string) => deadLetter({ id, sealed: Buffer.from([1, 2, 3]) })
  await room.send(topics.deadLetters, [letter('x'), letter('y'), letter('x')], ({ id }) => id)
  const { ended, lines } = show(['dead-letters', '--from-beginning', '--key', 'x', '--count', '2'])
  assert.equal(await ended, 0)
  assert.deepEqual(
    lines().map(({ offset, key, value }) => [offset, key, value?.['sealed']]),
    [
      [0, 'x', 'AQID'],
      [2, 'x', 'AQID'],
    ],
  )
})

// plays-clean:  old  |show starts|  aborted  new  Ctrl-C
test('from now on: neither what was there nor what was aborted; Ctrl-C ends it well', async (t) => {
  await room.send(topics.playsClean, [play({ eventId: 'old' })], () => 'k')
  const { child, ended, lines, stderr } = show(['plays-clean'])
  t.after(() => child.kill('SIGKILL'))
  await until(() => stderr().includes('from now on'), { what: 'show to have joined', within: 60_000 })

  const producer = await fencedProducer(room.kafka, `${room.address.applicationId}-aborting`)
  const transaction = await producer.transaction()
  const value = room.codec.encode(topics.playsClean, play({ eventId: 'aborted' }))
  await transaction.send({ topic: room.nameOf(topics.playsClean), acks: -1, messages: [{ key: 'k', value }] })
  await transaction.abort()
  await producer.disconnect()
  await room.send(topics.playsClean, [play({ eventId: 'new' })], () => 'k')

  await until(() => lines().length > 0, { what: 'the new play', within: 30_000 })
  child.kill('SIGINT')
  assert.equal(await ended, 0, stderr())
  assert.deepEqual(
    lines().map(({ value }) => value?.['eventId']),
    ['new'],
  )
  assert.deepEqual(await leftGroups(), [])
})

test('raw plays, once asked for; a reader that has gone ends it without a word', async () => {
  const plays = Array.from({ length: 5_000 }, () => rawPlay())
  await room.send(topics.plays, plays, ({ userId }) => userId)
  const { ended, lines, stderr } = show(['plays', '--raw', '--from-beginning'], { piped: 'head -n 1' })
  assert.equal(await ended, 0, stderr())
  assert.equal(lines()[0]?.value?.['userId'], 'ada@example.org')
  assert.equal(stderr().trim().split('\n').length, 1, stderr())
  assert.deepEqual(await leftGroups(), [])
})

test('a topic of ours that Kafka does not have is named, with the remedy', async () => {
  const { ended, stderr } = show(['late-plays'], { prefix: 'nowhere.' })
  assert.equal(await ended, 1)
  assert.match(
    stderr(),
    /Kafka has no topic nowhere\.late-plays: run `continuo migrate`, or check TOPIC_PREFIX/,
  )
})
