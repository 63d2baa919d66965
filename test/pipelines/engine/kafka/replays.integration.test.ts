import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Topology, deadLetter, ok, step, topology, write } from '../../../../pipelines/engine/index.ts'
import { GivingBack } from '../../../../pipelines/engine/kafka/give-back.ts'
import { sealOriginal } from '../../../../pipelines/engine/dead-letters.ts'
import { replayTopic } from '../../../../schemas/dead-letter.ts'
import type { CleanPlay } from '../../../../schemas/events.ts'
import { topics } from '../../../../schemas/topics.ts'
import { crashing } from '../../crashing.ts'
import { KafkaRoom, roomKeys } from '../../kafka-room.ts'
import { play } from '../../../kit/builders.ts'
import { withoutCoverage } from '../../../kit/without-coverage.ts'

const { playsClean, playsByArtist, duplicatePlays, deadLetters } = topics
const PLAYS = 60

let room: KafkaRoom
before(async () => (room = await KafkaRoom.make({ partitions: 2 })))
after(() => room.remove())

/** Copies plays, those of a country alone that it knows. */
const judge = (known: (country: string | null) => boolean): Topology =>
  topology('judge', ({ read }) =>
    read(playsClean).pipe(
      step(function knownCountry(value: CleanPlay) {
        return known(value.country) ? ok(value) : deadLetter('unknown_country')
      }),
      write(playsByArtist),
    ),
  )
const norwayAlone = judge((country) => country === 'NO')
const allCountries = judge(() => true)
/** Reads the same, and is to hear nothing of what the other is given back. */
const bystander = topology('bystander', ({ read }) => read(playsClean).pipe(write(duplicatePlays)))

const idsIn = async (topic: typeof playsByArtist | typeof duplicatePlays) =>
  (await room.values(topic)).map(({ eventId }) => eventId).sort()

/** Gives all letters back in a process that dies after so many steps of transactions; 0: it does not. */
async function giveBack(dieAfter: number): Promise<unknown[]> {
  const program = join(import.meta.dirname, '../../fixtures/give-back-and-die.ts')
  const child = spawn(process.execPath, [program, JSON.stringify(room.address), String(dieAfter), 'judge'], {
    stdio: 'inherit',
    env: dieAfter > 0 ? withoutCoverage() : process.env,
  })
  return once(child, 'exit')
}

const letterOf = async (stage: string) =>
  (await room.values(deadLetters)).filter((letter) => letter.stage === stage)

test('letters are given back by processes that are killed, to a topology that crashes: each goes through once, and to it alone', async () => {
  const sent = Array.from({ length: PLAYS }, (_, i) => play({ country: i % 3 === 0 ? 'NO' : 'SE' }))
  await room.send(playsClean, sent, ({ listener, eventId }) => `${listener}${eventId}`)
  const refusing = await room.run(norwayAlone)
  const other = await room.run(bystander)
  await room.caughtUp('judge', playsClean)
  await room.caughtUp('bystander', playsClean)
  await refusing.stop()
  assert.equal((await letterOf('judge')).length, (PLAYS * 2) / 3)

  for (const dieAfter of [1, 2, 3, 5]) assert.deepEqual(await giveBack(dieAfter), [null, 'SIGKILL'])
  const crash = crashing(room)
  for (const steps of [1, 2, 3]) await crash(allCountries, steps)
  const running = await room.run(allCountries)
  assert.deepEqual(await giveBack(0), [0, null])
  assert.deepEqual(await giveBack(0), [0, null])
  await room.caughtUp('judge', playsClean, replayTopic('judge'))
  await running.stop()

  const all = sent.map(({ eventId }) => eventId).sort()
  assert.deepEqual(await idsIn(playsByArtist), all)
  assert.equal((await letterOf('judge')).length, (PLAYS * 2) / 3)
  await room.caughtUp('bystander', playsClean)
  await other.stop()
  assert.deepEqual(await idsIn(duplicatePlays), all)
})

test('a letter that is refused again has the same id and a higher attempt, and can be given back anew', async () => {
  const stubborn = topology('stubborn', ({ read }) =>
    read(playsClean).pipe(
      step(function refuse(_value: CleanPlay) {
        return deadLetter('unknown_country')
      }),
      write(playsByArtist),
    ),
  )
  await room.codec.register(replayTopic('stubborn'))
  const running = await room.run(stubborn)
  await room.caughtUp('stubborn', playsClean)
  const [first] = await letterOf('stubborn')
  const giving = await GivingBack.begin({
    kafka: room.kafka,
    codec: room.codec,
    ...room.address,
    stage: 'stubborn',
  })
  assert.equal(await giving.write([first!]), 1)
  assert.equal(await giving.write([first!]), 0)
  await room.caughtUp('stubborn', replayTopic('stubborn'))
  const attempts = (await letterOf('stubborn')).filter(({ id }) => id === first!.id)
  assert.deepEqual(
    attempts.map(({ attempt }) => attempt),
    [0, 1],
  )
  assert.equal(await giving.write(attempts), 1)
  await room.caughtUp('stubborn', replayTopic('stubborn'))
  assert.equal((await letterOf('stubborn')).filter(({ id }) => id === first!.id).length, 3)

  // Sealed with another key, or meant for somebody else, it comes back.
  const [, other] = await letterOf('stubborn')
  const stranger = { id: 'k0', bytes: Buffer.alloc(32, 99) }
  const { sealed } = sealOriginal(stranger, other!.id, { key: null, value: null, headers: [] })
  const wrong = { ...other!, id: `${other!.id}x`, stage: 'judge' }
  await giving.write([{ ...other!, keyId: 'k0', sealed }, wrong])
  await room.caughtUp('stubborn', replayTopic('stubborn'))
  await running.stop()
  await giving.close()
  const returned = (await room.values(deadLetters)).slice(-2)
  assert.deepEqual(
    returned.map(({ id, reason, attempt }) => [id, reason, attempt]).sort(),
    [
      [other!.id, 'other_dead_letter_key', 1],
      [wrong.id, 'not_of_this_stage', 1],
    ].sort(),
  )
  assert.ok(returned.some((letter) => letter.sealed.equals(sealed)))
  assert.equal(roomKeys.deadLetterKey.id, 'k1')
})

test('two that give back at a time: the later one goes on, the earlier one fails, and each letter is there once', async () => {
  const options = { kafka: room.kafka, codec: room.codec, ...room.address, stage: 'stubborn' }
  const letters = (await letterOf('stubborn')).filter(({ attempt }) => attempt === 0).slice(5, 9)
  const earlier = await GivingBack.begin(options)
  const later = await GivingBack.begin(options)
  await assert.rejects(earlier.write(letters))
  assert.equal(await later.write(letters), 4)
  await earlier.close()
  await later.close()
  const again = await GivingBack.begin(options)
  assert.equal(await again.write(letters), 0)
  await again.close()
})
