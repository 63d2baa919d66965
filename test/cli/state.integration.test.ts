import assert from 'node:assert/strict'
import { type TestContext, after, before, test } from 'node:test'
import { topics } from '../../schemas/topics.ts'
import { runCli } from '../gateway/kit/cli.ts'
import { play } from '../kit/builders.ts'
import { KafkaRoom, roomTopologies } from '../pipelines/kafka-room.ts'

let room: KafkaRoom
before(async () => (room = await KafkaRoom.make({ partitions: 2 })))
after(() => room.remove())

/** `continuo state get …`; `input` is what it may read. */
async function get(t: TestContext, store: string, key: string, input = '') {
  const env = { TOPIC_PREFIX: room.address.topicPrefix, APPLICATION_ID: room.address.applicationId }
  const { process, ended, stdout, stderr } = runCli(t, ['state', 'get', store, key], env)
  process.stdin?.end(input)
  const code = await ended
  const lines = stdout().split('\n').filter(Boolean)
  return { code, lines: lines.map((line) => JSON.parse(line) as Line), said: stdout() + stderr() }
}

interface Line {
  partition: number
  time: string
  value: { state: { plays: number; artistName: { text: string } } }
}

// a1  ──12:00:00──12:00:10──12:01:00        a1 of another  ──12:00:20
test('the windows of a key, while nobody runs; the key is read from the standard input, and printed nowhere', async (t) => {
  const running = await room.run(roomTopologies['listening-totals'])
  const plays = [
    ...['12:00:00', '12:00:10', '12:01:00'].map((playedAt) => play({ playedAt, artistId: 'a1' })),
    play({ playedAt: '12:00:20', artistId: '7:a1', artistName: 'Another' }),
  ]
  await room.send(topics.playsClean, plays, ({ eventId }) => eventId)
  await room.caughtUp('listening-totals', topics.playsClean)
  await room.caughtUp('listening-totals', topics.playsByArtist)
  await running.stop()

  const { code, lines, said } = await get(t, 'listening-totals/fold-window-1', '-', 'a1\n')
  assert.equal(code, 0, said)
  assert.deepEqual(
    lines.map(({ time, value: { state } }) => [time, state.plays, state.artistName.text]),
    [
      ['2026-01-01T12:00:00.000Z', 2, 'Artist One'],
      ['2026-01-01T12:01:00.000Z', 1, 'Artist One'],
    ],
  )
  assert.ok(!said.includes('a1'), said)

  const nothing = await get(t, 'listening-totals/fold-window-1', 'nobody-of-that-name')
  assert.equal(nothing.code, 1)
  assert.match(nothing.said, /^listening-totals\/fold-window-1 holds nothing under this key\n$/)
})

test('a store that is none is refused, with those that there are; one that has not been made yet is named', async (t) => {
  assert.match(
    (await get(t, 'fold-window-1', 'k')).said,
    /Stores are anonymise\/deduplicate-1, anonymise\/deduplicate-reactions, anonymise\/deduplicate-preferences, listening-totals\/fold-window-1[,.](?!.*stream-time)/,
  )
  assert.match(
    (await get(t, 'anonymise/deduplicate-1', 'k')).said,
    /anonymise-deduplicate-1-changelog do not exist/,
  )
})
