import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { pseudonymise } from '../../../schemas/pseudonym.ts'
import { topics } from '../../../schemas/topics.ts'
import { runCli } from '../../gateway/kit/cli.ts'
import { rawPlay } from '../../kit/builders.ts'
import { roleProcess } from '../../kit/role-process.ts'
import { until } from '../../kit/until.ts'
import { KafkaRoom, roomKeys } from '../../pipelines/kafka-room.ts'

const first = randomBytes(32)
const key = () => randomBytes(32).toString('base64')
const [w1, w2] = [`w1=${key()}`, `w2=${key()}`]
const USERS = 40
const A_SENDING = 200

let room: KafkaRoom
let folder: string
before(async () => {
  room = await KafkaRoom.make({ partitions: 2 })
  folder = mkdtempSync(join(tmpdir(), 'continuo-rotate-'))
})
after(async () => {
  await room.remove()
  rmSync(folder, { recursive: true })
})

const env = (WRAPPING_KEYS: string) => ({
  TOPIC_PREFIX: room.address.topicPrefix,
  APPLICATION_ID: room.address.applicationId,
  DEAD_LETTER_KEY: roomKeys.deadLetterKey.bytes.toString('base64'),
  PSEUDONYM_KEYS: join(folder, 'ring.json'),
  WRAPPING_KEYS,
})

const anonymising = (wrapping: string) => roleProcess(['run', 'anonymise'], env(wrapping))

/** Listeners who play until they are told to stop. */
function listening() {
  const sent = new Map<string, string>()
  let stopped = false
  async function play(): Promise<void> {
    while (!stopped) {
      const plays = Array.from({ length: A_SENDING }, (_, i) =>
        rawPlay({ eventId: randomUUID(), userId: `user ${i % USERS}` }),
      )
      await room.send(topics.plays, plays, ({ userId }) => userId)
      for (const { eventId, userId } of plays) sent.set(eventId, userId)
      await setImmediate()
    }
  }
  const playing = play()
  return {
    sent,
    async stop() {
      stopped = true
      await playing
    },
  }
}

const cleanPlays = async () => (await room.records(topics.playsClean)).length

test('wrapping keys rotate while anonymise runs; killed and started with the new one alone it goes on, nothing lost or doubled', async (t) => {
  const plain = { PSEUDONYM_KEY: first.toString('base64') }
  const rotate = async (wrapping: string, ...args: string[]) => {
    const cli = runCli(t, ['privacy', 'rotate', ...args], { ...env(wrapping), ...plain })
    assert.equal(await cli.ended, 0, cli.stderr())
    return cli.stdout()
  }
  assert.match(await rotate(w1, '--new'), /^made .*: epoch 1 is wrapped by w1\n$/)

  let anonymise = await anonymising(w1)
  const listeners = listening()
  await until(async () => (await cleanPlays()) > 0, { what: 'plays to be anonymised', within: 60_000 })
  assert.equal(await rotate(`${w1},${w2}`), 'epoch 1 is wrapped by w2\n')
  const rotatedAt = await cleanPlays()
  await until(async () => (await cleanPlays()) > rotatedAt, { what: 'it to go on', within: 60_000 })
  await anonymise.kill()

  const refused = await anonymising(w1)
  await until(() => refused.ended, { what: 'the old wrapping key to be refused', within: 30_000 })
  assert.match(refused.output, /WRAPPING_KEYS has no key w2, by which the keys of PSEUDONYM_KEYS are wrapped/)

  anonymise = await anonymising(w2)
  await listeners.stop()
  await until(async () => (await cleanPlays()) >= listeners.sent.size, { what: 'all plays', within: 60_000 })
  assert.equal(await anonymise.stop(), 0)
  const clean = await room.values(topics.playsClean)
  assert.equal(clean.length, listeners.sent.size)
  const names = new Map(clean.map(({ eventId, listener }) => [eventId, listener]))
  for (const [eventId, userId] of listeners.sent)
    assert.equal(names.get(eventId), pseudonymise(first, userId))
  t.diagnostic(`${clean.length} plays`)
  for (const secret of [first.toString('base64'), w1, w2])
    assert.ok(!`${refused.output}${anonymise.output}`.includes(secret.replace(/^w\d=/, '')))
})
