import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, after, before, test } from 'node:test'
import type { RunningTopology } from '../../../pipelines/engine/index.ts'
import { topics } from '../../../schemas/topics.ts'
import { at, rawPlay } from '../../kit/builders.ts'
import { KafkaRoom, roomTopologies } from '../../pipelines/kafka-room.ts'
import { dlqIn } from './dlq-in.ts'

let room: KafkaRoom
let door: RunningTopology
let folder: string
before(async () => {
  room = await KafkaRoom.make({ partitions: 1 })
  folder = await mkdtemp(join(tmpdir(), 'dlq-'))
  door = await room.run(roomTopologies.anonymise)
})
after(async () => {
  await room.remove()
  await rm(folder, { recursive: true })
})

const dlq = (t: TestContext, ...args: string[]) => dlqIn(t, room, ...args)

/** The fix that the documentation has, as a module. */
async function documentedFix(): Promise<string> {
  const text = await readFile(join(import.meta.dirname, '../../../docs/operating.md'), 'utf8')
  const file = join(folder, 'fix.ts')
  await writeFile(file, /```ts\n(\/\/ fix\.ts\n.*?)```/s.exec(text)![1]!)
  return file
}

interface Shown {
  attempt: number
  reason: string
  givenBack: boolean
  refusedAgain: string | null
  decoded?: { playedAt: number; trackName: string }
}

const linesIn = (stdout: string) =>
  stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Shown)

test('the documented fix makes plays of seconds and of JSON; samples show them before; the door takes them', async (t) => {
  const [inSeconds, asJson] = [rawPlay({ trackName: 'Seconds' }), rawPlay({ trackName: 'JSON' })]
  const seconds = room.codec.encode(topics.plays, { ...inSeconds, playedAt: at('12:00:00') / 1_000 })
  const values = [seconds, Buffer.from(JSON.stringify(asJson)), null]
  await room.sendBytes(
    topics.plays,
    values.map((value) => ({ key: 'ada@example.org', value })),
  )
  await room.caughtUp('anonymise', topics.plays)

  const args = ['replay', '--fix', await documentedFix()]
  const dry = await dlq(t, ...args, '--dry-run', '--samples', '5')
  assert.match(
    dry.stdout,
    /^2 letters to anonymise, by anonymise-replay\n1 letter left where it is: left by the fix\n/,
  )
  assert.deepEqual(
    linesIn(dry.stdout).map(({ decoded }) => [decoded?.trackName, decoded?.playedAt]),
    [
      ['Seconds', at('12:00:00')],
      ['JSON', asJson.playedAt],
    ],
  )
  assert.equal(linesIn((await dlq(t, ...args, '--dry-run', '--samples', '1')).stdout).length, 1)
  assert.doesNotMatch((await dlq(t, ...args, '--dry-run')).all, /Seconds|trackName/)

  const given = await dlq(t, ...args, '--yes')
  assert.deepEqual([given.code, given.stderr.replace(/Replaying.*/g, '').trim()], [0, ''])
  assert.match(given.stdout, /2 letters given back\nof these none was refused again\n$/)
  const plays = await room.values(topics.playsClean)
  assert.deepEqual(plays.map(({ trackName }) => trackName).sort(), ['JSON', 'Seconds'])
})

test('what is refused again is told after the replay, and of each time by show', async (t) => {
  const only = ['--reason', 'null_value']
  const again = await dlq(t, 'replay', ...only, '--yes')
  assert.match(again.stdout, /1 letter given back\nof these 1 was refused again: null_value\n$/)
  assert.equal(again.code, 0)
  const [{ id } = { id: '' }] = await room
    .values(topics.deadLetters)
    .then((all) => all.filter(({ attempt }) => attempt > 0))
  const fates = async () =>
    linesIn((await dlq(t, 'show', id)).stdout).map((each) => [
      each.attempt,
      each.givenBack,
      each.refusedAgain,
    ])
  const first = [0, true, 'null_value']
  assert.deepEqual(await fates(), [first, [1, false, null]])

  await door.stop()
  const unread = await dlq(t, 'replay', ...only, '--yes')
  assert.match(unread.stdout, /1 letter given back\nanonymise has not read them yet: is it running\?\n$/)
  assert.equal(unread.code, 0)
  assert.deepEqual(await fates(), [first, [1, true, null]])
})

test('a writer schema that the registry does not have is named before anything is read', async (t) => {
  const { code, stdout, stderr } = await dlq(t, 'replay', '--schema', '99999999', '--yes')
  assert.match(stderr, /^continuo: the registry has no schema 99999999\b/)
  assert.deepEqual([code, stdout], [1, ''])
})
